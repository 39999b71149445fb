// Which kinds of functions reach a thread, and that they are there what they were here.
import { AsyncLocalStorage } from 'node:async_hooks';
import * as nodePath from 'node:path';
import test from 'ava';
import { carry } from '../src/lane/carried-function.ts';
import { revive } from '../src/lane/revive-function.ts';
import { TestThread } from './fixtures/carry/on-thread.ts';
import * as shapes from './fixtures/carry/shapes.ts';
import perimeter, { area, origin, Shape } from './fixtures/carry/shapes.ts';

const thread = new TestThread(test);
const three = 3;

test('an arrow function', async (t) => {
  t.is(await thread.run((n: number) => n * three, 5), 15);
});

test('a function declaration', async (t) => {
  function tripled(n: number): number {
    return n * three;
  }
  t.is(await thread.run(tripled, 5), 15);
});

test('an async function', async (t) => {
  t.is(await thread.run(async (n: number) => (await n) * three, 5), 15);
});

test('a generator', async (t) => {
  function* upTo(end: number): Generator<number> {
    for (let at = 1; at <= end; at++) yield at * three;
  }
  t.deepEqual(await thread.run(upTo, 3), [3, 6, 9]);
});

test('an async generator', async (t) => {
  async function* upTo(end: number): AsyncGenerator<number> {
    for (let at = 1; at <= end; at++) yield await (at * three);
  }
  t.deepEqual(await thread.run(upTo, 3), [3, 6, 9]);
});

const key = 'computed';
const methods = {
  shorthand(n: number): number {
    return n + three;
  },
  async later(n: number): Promise<number> {
    return n + three;
  },
  *several(n: number): Generator<number> {
    yield n + three;
  },
  async *severalLater(n: number): AsyncGenerator<number> {
    yield n + three;
  },
  [key](n: number): number {
    return n + three;
  },
  [`async ${key}`]: async (n: number) => n + three,
  async [Symbol.iterator](n: number): Promise<number> {
    return n + three;
  },
  get(n: number): number {
    return n + three;
  },
  async(n: number): number {
    return n + three;
  },
  'not an identifier'(n: number): number {
    return n + three;
  },
  7(n: number): number {
    return n + three;
  },
};

for (const name of [
  'shorthand',
  'later',
  'computed',
  'async computed',
  'get',
  'async',
  '7',
] as const) {
  test(`a method: ${name}`, async (t) => {
    t.is(await thread.run(methods[name as 'shorthand'], 4), 7);
  });
}

test('a method with a name that is no identifier', async (t) => {
  t.is(await thread.run(methods['not an identifier'], 4), 7);
});

test('a method whose name is a symbol', async (t) => {
  t.is(await thread.run(methods[Symbol.iterator], 4), 7);
});

for (const name of ['several', 'severalLater'] as const) {
  test(`a generator method: ${name}`, async (t) => {
    t.deepEqual(await thread.run(methods[name], 4), [7]);
  });
}

test('methods of a class that do not use this', async (t) => {
  class Sums {
    static ofTwo(left: number, right: number): number {
      return left + right + three;
    }
    ofOne(n: number): number {
      return n + three;
    }
  }
  t.is(await thread.run(Sums.ofTwo, 1, 2), 6);
  t.is(await thread.run(new Sums().ofOne, 1), 4);
});

test('a getter of a captured object is evaluated on the thread', async (t) => {
  const lazy = {
    base: 4,
    get doubled(): number {
      return this.base * 2;
    },
  };
  t.is(await thread.run(() => lazy.doubled + three), 11);
});

test('a function keeps its name, its length and its properties', async (t) => {
  const inner = Object.assign((a: number, b: number) => a + b, { unit: 'ms', nested: { deep: 1 } });
  Object.defineProperty(inner, 'name', { value: 'sum of two' });
  const seen = await thread.run(() => [inner.name, inner.length, inner.unit, inner.nested.deep]);
  t.deepEqual(seen, ['sum of two', 2, 'ms', 1]);
});

test('functions that call themselves and each other', async (t) => {
  const isEven = (n: number): boolean => n === 0 || isOdd(n - 1);
  const isOdd = (n: number): boolean => n !== 0 && isEven(n - 1);
  t.is(await thread.run(isEven, 11), false);
});

test('one object captured twice is one object there', async (t) => {
  const counter = { count: 0 };
  const increase = (): number => ++counter.count;
  t.is(await thread.run(() => increase() + increase() + counter.count), 1 + 2 + 2);
});

test('a class with its base class, static members and private members', async (t) => {
  class Base {
    static readonly unit = 'px';
    static #made = 0;
    static next(): number {
      return ++Base.#made;
    }
    readonly size: number;
    constructor(size: number) {
      this.size = size;
    }
  }
  class Box extends Base {
    #label = 'box';
    override toString(): string {
      return `${this.#label} ${this.size}${Base.unit} ${Base.next()}`;
    }
  }
  t.is(await thread.run((size: number) => new Box(size).toString(), 4), 'box 4px 1');
});

test('a class that uses captured values while it is defined', async (t) => {
  const double = (n: number): number => n * 2;
  class Defaults {
    static readonly size = double(three);
    static readonly [key] = 'by a computed name';
    static readonly self: typeof Defaults = Defaults;
  }
  t.deepEqual(await thread.run(() => [Defaults.size, Defaults[key], Defaults.self === Defaults]), [
    6,
    'by a computed name',
    true,
  ]);
});

test('a base class that only the head of the class names', async (t) => {
  class Base {
    inherited(): number {
      return three;
    }
  }
  class Derived extends Base {}
  t.is(await thread.run(() => new Derived().inherited()), 3);
});

test('classes that name each other', async (t) => {
  class Node {
    children(): Node[] {
      return [new Leaf()];
    }
  }
  class Leaf extends Node {
    override children(): Node[] {
      return [];
    }
  }
  t.deepEqual(await thread.run(() => new Node().children()[0]?.children()), []);
  t.true(await thread.run(() => new Leaf() instanceof Node));
});

test('a class that extends one of the language, and of Node', async (t) => {
  class Counts extends Map<string, number> {
    increase(name: string): this {
      return this.set(name, (this.get(name) ?? 0) + 1);
    }
  }
  class Context extends AsyncLocalStorage<number> {}
  t.is(await thread.run(() => new Counts().increase('a').increase('a').get('a')), 2);
  t.is(await thread.run(() => new Context().run(5, () => three)), 3);
});

test('a constructor of the older style', async (t) => {
  // biome-ignore lint/suspicious/noExplicitAny: the older style has no types
  const Old: any = function (this: { x: number }, x: number) {
    this.x = x;
  };
  Old.prototype.twice = function () {
    return this.x * 2;
  };
  const made = new Old(4);
  t.deepEqual(await thread.run(() => [new Old(1).twice(), made.twice(), made instanceof Old]), [
    2,
    8,
    true,
  ]);
});

test('methods that were put onto a class, or replaced there, later', async (t) => {
  class Patched {
    first(): number {
      return 1;
    }
    second(): number {
      return 2;
    }
  }
  Object.assign(Patched.prototype, { third: () => three });
  const { first } = Patched.prototype;
  Patched.prototype.first = function (): number {
    return first.call(this) * 10;
  };
  const seen = await thread.run(() => {
    const made = new Patched() as Patched & { third(): number };
    return [made.first(), made.second(), made.third()];
  });
  t.deepEqual(seen, [10, 2, 3]);
});

test('an instance of an imported class, and imported data inside data', async (t) => {
  const square = new Shape(4);
  const places = { list: [shapes.origin] };
  const seen = await thread.run(() => [
    square instanceof Shape,
    square.describe(),
    places.list[0] === origin,
  ]);
  t.deepEqual(seen, [true, '4 sides', true]);
});

test('arguments, new.target and rest parameters', async (t) => {
  function count(..._rest: unknown[]): unknown[] {
    // biome-ignore lint/complexity/noArguments: that arguments works is what is tested
    return [arguments.length, new.target === undefined];
  }
  t.deepEqual(await thread.run(count, 1, 2), [2, true]);
});

test('destructured and default parameters', async (t) => {
  const fallback = { size: 2 };
  const fn = ({ size } = fallback, [first = three] = [] as number[]): number => size + first;
  t.is(await thread.run(fn), 5);
});

test('imports of a file: functions, classes and the namespace', async (t) => {
  const seen = await thread.run(() => [
    area(2, 3),
    perimeter(2, 3),
    new Shape(4).describe(),
    shapes.origin.x,
    Object.keys(shapes).sort(),
  ]);
  t.deepEqual(seen, [6, 10, '4 sides', 0, ['Shape', 'area', 'default', 'origin']]);
});

test('an imported class is the one the thread imports, so instances match', async (t) => {
  t.true(
    await thread.run(async () => {
      const again = await import('./fixtures/carry/shapes.ts');
      return again.Shape === Shape;
    }),
  );
});

test('modules of Node, their members and members of globals', async (t) => {
  const { join } = nodePath;
  const { keys } = Object;
  const { from } = Buffer;
  t.deepEqual(
    await thread.run(() => [
      nodePath.basename('/a/b'),
      join('a', 'b'),
      keys({ x: 1 }),
      from('ab').length,
      join === nodePath.join,
    ]),
    ['b', 'a/b', ['x'], 2, true],
  );
});

test('the environment is the one of the thread', async (t) => {
  const { env } = process;
  t.true(await thread.run(() => env === process.env));
});

test('import.meta means the file the function stands in', async (t) => {
  t.deepEqual(await thread.run(() => [import.meta.url, import.meta.dirname]), [
    import.meta.url,
    import.meta.dirname,
  ]);
});

test('a captured variable that has the name of a global', async (t) => {
  // biome-ignore lint/suspicious/noShadowRestrictedNames: shadowing is what is tested
  const Map = three;
  t.is(await thread.run(() => Map), 3);
});

test('variables of loops, blocks, catch clauses and parameters', async (t) => {
  const fns: (() => unknown)[] = [];
  for (let index = 0; index < 2; index++) fns.push(() => index);
  for (const text of ['a', 'b']) fns.push(() => text);
  try {
    throw new Error('caught');
  } catch (error) {
    fns.push(() => (error as Error).message);
  }
  ((parameter) => fns.push(() => parameter))('p');
  const seen = await Promise.all(fns.map(reviveHere));
  t.deepEqual(seen, [0, 1, 'a', 'b', 'caught', 'p']);
});

test("the program's own globals are carried as values", async (t) => {
  Object.assign(globalThis, { ownSetting: { level: 4 } });
  t.is(
    await thread.run(() => (globalThis as never as Own).ownSetting?.level ?? 'not there'),
    'not there',
  );
  t.is(await thread.run(() => ownSetting.level), 4);
});

test('typeof of something that is not defined', async (t) => {
  t.is(await thread.run(() => typeof somethingMissing), 'undefined');
});

test('strict code stays strict, sloppy code sloppy', async (t) => {
  const write = (): void => {
    (Object.freeze({ a: three }) as { a: number }).a = 0;
  };
  t.is((await thread.failure(write)).name, 'TypeError');
  const sloppy = new Function('target', 'target.a = 2; return target.a;') as () => unknown;
  t.is(await thread.run(sloppy, Object.freeze({ a: 1 })), 2);
});

/** The thread answers one at a time. */
async function reviveHere(fn: () => unknown): Promise<unknown> {
  const revived = await revive(carry(fn).definition);
  return revived();
}

interface Own {
  ownSetting?: { level: number };
}
declare const ownSetting: { level: number };
declare const somethingMissing: unknown;
