// Compiled, never run: see types.spec.ts.
import {
  AlreadyIteratedError,
  type BackbeatError,
  BackgroundGenerator,
  type BackgroundGeneratorOptions,
  type Items,
  MultiThread,
  SpawnedGenerator,
  task,
} from 'backbeat';

function* letters(text: string): Generator<string> {
  yield* text;
}

// The type of the items is that of the generator.
const generator = new BackgroundGenerator(letters, { prefetch: 2, args: ['abc'] });
for await (const letter of generator.iterator()) letter.toUpperCase();
for (const letter of generator.iteratorSync()) letter.toUpperCase();
await using other: BackgroundGenerator<number> = new BackgroundGenerator(async function* () {
  yield 5;
});
const byTask = new BackgroundGenerator<string>(task(import.meta.url, 'letters'), 2, 'name', ['a']);
const prefetch: number = generator.prefetch;
const options: BackgroundGeneratorOptions = { name: null, failFast: true };

const threads: MultiThread = new MultiThread(() => {}, { threadCount: 2 });
threads.start();
const joined: Promise<void> = threads.join();
threads.joinSync();
const errors: readonly unknown[] = threads.errors;

using spawned: SpawnedGenerator<string> = new SpawnedGenerator(letters, 5, { args: ['abc'] });
for await (const letter of spawned) letter.toUpperCase();
for (const letter of spawned.executeSync()) letter.toUpperCase();
const given: SpawnedGenerator<number> = new SpawnedGenerator([1, 2, 3]);
const items: Items<string> = letters('abc');

declare const error: unknown;
if (error instanceof AlreadyIteratedError) {
  const base: BackbeatError = error;
  base.code.startsWith('BACKBEAT_');
}

// @ts-expect-error the function gives no items
new BackgroundGenerator(() => 5);
// @ts-expect-error unknown option
new BackgroundGenerator(letters, { ahead: 5 });
// @ts-expect-error the items are texts
for await (const item of generator.iterator()) item.toFixed();
// @ts-expect-error how far it is ahead is given at the start
generator.prefetch = 5;
// @ts-expect-error a size is a number
new SpawnedGenerator(letters, '5');
// @ts-expect-error a number is not iterable
new SpawnedGenerator(5);
// @ts-expect-error a function is needed
new MultiThread('letters');
// @ts-expect-error whether threads hold the process is not for the program to say
threads.daemon = false;

export const used: unknown[] = [other, byTask, prefetch, options, joined, errors, given, items];
