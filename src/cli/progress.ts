import cliProgress from 'cli-progress';
import { formatCount } from './format.ts';

/** Tells how far a run is. One stage is open at a time. */
export interface Progress {
  /** Ends the stage before and opens the next; `total` is what `update` counts up to. */
  stage(name: string, total: number): void;
  update(value: number): void;
  /** Ends the last stage and gives the terminal back. Calling it again does nothing. */
  end(): void;
}

/** A bar on a terminal; elsewhere (a log, a pipe) one plain line per stage. */
export function createProgress(stream: NodeJS.WriteStream): Progress {
  return stream.isTTY ? new BarProgress(stream) : new LineProgress(stream);
}

class BarProgress implements Progress {
  readonly #stream: NodeJS.WriteStream;
  #bar: cliProgress.SingleBar | undefined;
  #total = 0;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  stage(name: string, total: number): void {
    this.#bar?.stop();
    this.#total = total;
    this.#bar = new cliProgress.SingleBar(
      {
        stream: this.#stream,
        format: `${name.padEnd(26)} {bar} {percentage}%  {count} of ${formatCount(total)}`,
        hideCursor: true,
        fps: 10,
        barsize: 28,
        // A bar that reports a stage of no length is full, not broken.
        emptyOnZero: false,
      },
      cliProgress.Presets.shades_classic,
    );
    this.#bar.start(total, 0, { count: '0' });
  }

  update(value: number): void {
    this.#bar?.update(Math.min(value, this.#total), { count: formatCount(value) });
  }

  end(): void {
    if (this.#bar === undefined) return;
    this.#bar.stop();
    this.#bar = undefined;
    this.#stream.write('\n'); // what comes next is no bar
  }
}

class LineProgress implements Progress {
  readonly #stream: NodeJS.WriteStream;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  stage(name: string, total: number): void {
    this.#stream.write(`${name} (${formatCount(total)})\n`);
  }

  update(): void {}

  end(): void {}
}
