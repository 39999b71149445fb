/** Where the modules of ours are that threads import. */
import { type AnyFunction, type ThreadTask, task } from '../lane/thread-task.ts';

/**
 * An export of a module beside `moduleUrl`. Threads run the compiled module, also when a TypeScript
 * loader runs the sources here.
 */
export function driverTask(moduleUrl: string, file: string, name: string): ThreadTask<AnyFunction> {
  const compiled = moduleUrl.endsWith('.ts')
    ? moduleUrl.replace(/\/src\/(?!.*\/src\/)/, '/dist/')
    : moduleUrl;
  return task(new URL(file, compiled), name);
}
