/** Values that cannot be written as bytes, but that `postMessage` clones or shares. */
import { types } from 'node:util';

interface WebAssemblyTypes {
  readonly Module: { prototype: object };
  readonly Memory: { prototype: object };
}

const webAssembly: WebAssemblyTypes | undefined = Reflect.get(globalThis, 'WebAssembly');

/** Whether a value goes beside the bytes: shared memory, compiled WebAssembly, keys, blobs. */
export function isPosted(value: object): boolean {
  return (
    types.isSharedArrayBuffer(value) ||
    isInstance(value, webAssembly?.Module) ||
    (isInstance(value, webAssembly?.Memory) && isSharedMemory(value)) ||
    types.isKeyObject(value) ||
    types.isCryptoKey(value) ||
    isBlob(value)
  );
}

export function isBlob(value: object): boolean {
  return typeof Blob === 'function' && isInstance(value, Blob);
}

function isSharedMemory(memory: object): boolean {
  return types.isSharedArrayBuffer((memory as { buffer?: unknown }).buffer);
}

/** By prototype, not by `instanceof`, which a class can answer as it likes. */
function isInstance(value: object, type: { prototype: object } | undefined): boolean {
  return type !== undefined && Object.getPrototypeOf(value) === type.prototype;
}
