/** Names of objects that run something on threads: each is taken by one at a time. */

const users = new Map<string, number>();

/** A name as long as somebody uses it. */
export class ThreadName {
  readonly text: string;
  /** Runs under way; the time before the first counts as one. */
  #uses = 1;
  #hasRun = false;

  /**
   * The name itself, or the first of `name_0`, `name_1` … that is free.
   *
   * @param isNumbered - The name alone is not to be used.
   */
  constructor(wanted: string, isNumbered: boolean) {
    let text = isNumbered ? `${wanted}_0` : wanted;
    for (let number = isNumbered ? 1 : 0; users.has(text); number++) text = `${wanted}_${number}`;
    this.text = text;
    use(text);
  }

  /** A run begins. */
  begin(): void {
    if (this.#hasRun && this.#uses++ === 0) use(this.text);
    this.#hasRun = true;
  }

  /** A run is over, or none will ever be. */
  end(): void {
    if (this.#uses > 0 && --this.#uses === 0) giveBack(this.text);
  }
}

function use(name: string): void {
  users.set(name, (users.get(name) ?? 0) + 1);
}

function giveBack(name: string): void {
  const left = (users.get(name) ?? 1) - 1;
  if (left > 0) users.set(name, left);
  else users.delete(name);
}
