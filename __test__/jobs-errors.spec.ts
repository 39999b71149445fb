// What a job throws arrives whole.
import test from 'ava';
import {
  BackbeatError,
  BackgroundWorkerPool,
  registerErrorClass,
  ThreadLostError,
  task,
} from '../src/index.ts';
import { jobPool } from './fixtures/job-pool.ts';

const { runJob } = BackgroundWorkerPool;
const TASKS = new URL('fixtures/job-tasks.mjs', import.meta.url);

/** What a job rejects with. */
async function thrownBy(task: () => unknown): Promise<unknown> {
  try {
    await runJob(task).result;
  } catch (error) {
    return error;
  }
  throw new Error('the job has not failed');
}

const CLASSES = [
  Error,
  TypeError,
  RangeError,
  SyntaxError,
  ReferenceError,
  EvalError,
  URIError,
] as const;

for (const Class of CLASSES) {
  test.serial(`${Class.name} keeps its class, name and message`, async (t) => {
    jobPool(t);
    const { name } = Class;
    const job = runJob(
      (className: string) => {
        throw new (globalThis as unknown as Record<string, ErrorConstructor>)[className]!('so');
      },
      { args: [name] },
    );
    await t.throwsAsync(job.result, { instanceOf: Class, name, message: 'so' });
  });
}

test.serial('code and own properties come along', async (t) => {
  jobPool(t);
  const error = await thrownBy(() => {
    throw Object.assign(new Error('no such file'), { code: 'ENOENT', details: { tries: [1, 2] } });
  });
  t.like(error, { message: 'no such file', code: 'ENOENT', details: { tries: [1, 2] } });
});

test.serial('an error of the system keeps code, errno, syscall and path', async (t) => {
  jobPool(t);
  const error = await thrownBy(() => process.getBuiltinModule('node:fs').readFileSync('/no/such'));
  t.like(error, { code: 'ENOENT', syscall: 'open', path: '/no/such' });
});

test.serial('the chain of causes comes along', async (t) => {
  jobPool(t);
  const error = (await thrownBy(() => {
    throw new Error('top', { cause: new TypeError('middle', { cause: new RangeError('end') }) });
  })) as Error;
  const middle = error.cause as Error;
  t.true(middle instanceof TypeError);
  t.true(middle.cause instanceof RangeError);
  t.is((middle.cause as Error).message, 'end');
});

test.serial('a cause that is no error comes along', async (t) => {
  jobPool(t);
  const error = (await thrownBy(() => {
    throw new Error('top', { cause: { step: 3 } });
  })) as Error;
  t.deepEqual(error.cause, { step: 3 });
});

test.serial('an error that is its own cause comes along', async (t) => {
  jobPool(t);
  const error = (await thrownBy(() => {
    const made = new Error('circle');
    made.cause = made;
    throw made;
  })) as Error;
  t.is(error.cause, error);
});

test.serial('AggregateError keeps all its errors', async (t) => {
  jobPool(t);
  const error = (await thrownBy(() => {
    throw new AggregateError([new TypeError('one'), 'two'], 'all failed');
  })) as AggregateError;
  t.true(error instanceof AggregateError);
  t.is(error.message, 'all failed');
  t.true(error.errors[0] instanceof TypeError);
  t.is(error.errors[1], 'two');
});

test.serial('an error class of this package is that class', async (t) => {
  jobPool(t);
  const throwOurs = task<() => never>(TASKS, 'throwOurs');
  const error = await t.throwsAsync(runJob(throwOurs).result);
  t.true(error instanceof ThreadLostError);
  t.true(error instanceof BackbeatError);
  t.like(error, { code: 'BACKBEAT_THREAD_LOST', task: 'somebody' });
});

test.serial('a class that was registered on both sides arrives as that class', async (t) => {
  jobPool(t);
  class LimitError extends RangeError {}
  registerErrorClass(LimitError, 'the limit of the tests');
  const throwRegistered = task<() => never>(TASKS, 'throwRegistered');
  const error = await t.throwsAsync(runJob(throwRegistered).result);
  t.true(error instanceof LimitError);
  t.is(error?.message, 'too far');
});

test.serial('a class of the task is unknown to who blocks: its name and base are kept', (t) => {
  jobPool(t);
  const throwQuota = task<() => never>(TASKS, 'throwQuota');
  const error = t.throws(() => runJob(throwQuota).resultSync(), { instanceOf: RangeError });
  t.is(error?.constructor.name, 'QuotaError');
  t.like(error, { message: 'used up', left: 3 });
});

test.serial(
  'a class that the module of the task exports is imported and is that class',
  async (t) => {
    jobPool(t);
    const throwQuota = task<() => never>(TASKS, 'throwQuota');
    const error = await t.throwsAsync(runJob(throwQuota).result);
    const { QuotaError } = await import(TASKS.href);
    t.true(error instanceof QuotaError);
    t.true(error?.cause instanceof QuotaError);
    t.like(error, { message: 'used up', left: 3 });
  },
);

test.serial('a class whose module cannot be imported here keeps its name and base', async (t) => {
  jobPool(t);
  const url = new URL('fixtures/job-thread-only.mjs', import.meta.url);
  const job = runJob(task<() => never>(url, 'throwThreadOnly'));
  const error = await t.throwsAsync(job.result, { instanceOf: RangeError });
  t.is(error?.constructor.name, 'ThreadOnlyError');
});

test.serial('the stack shows the thread, and where the job was made', async (t) => {
  jobPool(t);
  const { stack } = (await thrownBy(function explode() {
    throw new Error('with a stack');
  })) as Error;
  t.regex(stack ?? '', /explode/);
  t.regex(stack ?? '', /jobs-errors\.spec/);
});

for (const [what, thrown] of [
  ['a text', 'just a text'],
  ['a number', 7],
  ['nothing', undefined],
  ['null', null],
  ['an object', { reason: 'plain' }],
] as const) {
  test.serial(`${what} that is thrown arrives as it is`, async (t) => {
    jobPool(t);
    const job = runJob(
      (it: unknown) => {
        throw it;
      },
      { args: [thrown] },
    );
    t.deepEqual(await job.result.catch((error: unknown) => ({ error })), { error: thrown });
  });
}

test.serial('a rejected promise is a failure', async (t) => {
  jobPool(t);
  const job = runJob(async () => {
    await null;
    throw new RangeError('later');
  });
  await t.throwsAsync(job.result, { instanceOf: RangeError, message: 'later' });
});

test.serial('a thenable that settles twice ends the job once', async (t) => {
  jobPool(t, { maxThreads: 1 });
  const job = runJob(() => ({
    // biome-ignore lint/suspicious/noThenProperty: what is tested
    then(resolve: (value: string) => void, reject: (error: unknown) => void) {
      resolve('first');
      reject(new Error('second'));
      resolve('third');
    },
  }));
  t.is(await job.result, 'first');
  t.is(await runJob(() => 'next').result, 'next');
});

test.serial('a result that cannot be copied fails and names its path', async (t) => {
  jobPool(t);
  const job = runJob(() => ({ list: [0, { call: () => undefined }] }));
  const error = await t.throwsAsync(job.result, { code: 'BACKBEAT_UNCLONEABLE' });
  t.regex(error?.message ?? '', /list\[1\]\.call/);
});

test.serial('a symbol that is thrown is a failure all the same', async (t) => {
  jobPool(t);
  await t.throwsAsync(
    runJob(() => {
      throw Symbol('odd');
    }).result,
    { any: true },
  );
});

test.serial('an error with a property that cannot be copied still arrives', async (t) => {
  jobPool(t);
  const error = await thrownBy(() => {
    throw Object.assign(new TypeError('with a function'), { call: () => undefined, n: 1 });
  });
  t.true(error instanceof TypeError);
  t.like(error, { message: 'with a function', n: 1 });
});

test.serial('a getter that throws in an error does not harm', async (t) => {
  jobPool(t);
  const error = await thrownBy(() => {
    throw Object.defineProperty(new Error('shy'), 'secret', {
      enumerable: true,
      get() {
        throw new Error('no');
      },
    });
  });
  t.is((error as Error).message, 'shy');
});

test.serial('after a failure the thread goes on', async (t) => {
  jobPool(t, { maxThreads: 1 });
  const failures = [1, 2, 3].map((n) =>
    runJob(
      (it: number) => {
        throw new Error(`failure ${it}`);
      },
      { args: [n] },
    ).result.catch((error: Error) => error.message),
  );
  t.deepEqual(await Promise.all(failures), ['failure 1', 'failure 2', 'failure 3']);
  t.is(await runJob(() => 'goes on').result, 'goes on');
});
