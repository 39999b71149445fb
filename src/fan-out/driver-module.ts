/** Functions of ours that threads import. */
import { type AnyFunction, type ThreadTask, task } from '../lane/thread-task.ts';
import { threadModule } from '../thread-module.ts';

/** An export of a module, which is named by its path below `dist`. */
export function driverTask(path: string, name: string): ThreadTask<AnyFunction> {
  return task(threadModule(path), name);
}
