import type { CallSite } from '../lane/call-site.ts';
import { raisedInBackground } from './bg-invoke.ts';
import type { CallOutcome } from './pooled-call.ts';

/** What a call has come to; one that was dropped was never made. */
export type InvocationOutcome<R> =
  | CallOutcome<R>
  | { readonly is: 'dropped'; readonly error: unknown };

/** Blocks this thread while the calls of a thread go on. */
export type WaitUntil = (isOver: () => boolean) => void;

/**
 * One call of a `BgThread`. As a promise it settles when the arguments of the call before were
 * taken; `result` is what the call itself comes to.
 */
export class Invocation<R> extends Promise<void> {
  /** What `then` returns is an ordinary promise. */
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  /** @internal */
  args: readonly unknown[];
  /** @internal */
  readonly caller: CallSite;
  readonly #accept: () => void;
  readonly #refuse: (error: unknown) => void;
  readonly #waitUntil: WaitUntil;
  #isAccepted = false;
  #outcome: InvocationOutcome<R> | undefined;
  #result: Promise<R> | undefined;
  #settle: (() => void) | undefined;

  /** @internal Use `BgThread.invoke`. */
  constructor(args: readonly unknown[], caller: CallSite, waitUntil: WaitUntil) {
    let accept!: () => void;
    let refuse!: (error: unknown) => void;
    super((resolve, reject) => {
      accept = resolve;
      refuse = reject;
    });
    this.#accept = accept;
    this.#refuse = refuse;
    this.#waitUntil = waitUntil;
    this.args = args;
    this.caller = caller;
    // Whoever does not wait for it reads the result.
    this.catch(() => undefined);
  }

  /** What this call returns. Rejects with BgException `BACKBEAT_BG_EXCEPTION` when it failed. */
  get result(): Promise<R> {
    this.#result ??= new Promise((resolve, reject) => {
      this.#settle = () => {
        try {
          resolve(this.#take());
        } catch (error) {
          reject(error);
        }
      };
      if (this.#outcome !== undefined) this.#settle();
    });
    return this.#result;
  }

  /** As `result`, and blocks this thread until it is there. */
  resultSync(): R {
    void this.result.catch(() => undefined);
    this.#waitUntil(() => this.#outcome !== undefined);
    return this.#take();
  }

  /** @internal */
  get isAccepted(): boolean {
    return this.#isAccepted;
  }

  /** @internal Somebody has asked for the result of this very call. */
  get isAwaited(): boolean {
    return this.#result !== undefined;
  }

  /** @internal */
  accept(): void {
    this.#isAccepted = true;
    this.#accept();
  }

  /** @internal */
  end(outcome: InvocationOutcome<R>): void {
    this.#outcome = outcome;
    if (outcome.is === 'dropped') this.#refuse(outcome.error);
    this.#isAccepted = true;
    this.#settle?.();
  }

  #take(): R {
    return takeOutcome(this.#outcome as InvocationOutcome<R>, this.caller);
  }
}

/** The value, or the error that stands for it. */
export function takeOutcome<R>(outcome: InvocationOutcome<R>, caller: CallSite): R {
  if (outcome.is === 'done') return outcome.value;
  throw outcome.is === 'dropped' ? outcome.error : raisedInBackground(outcome.error, caller);
}
