// Instantiates core.wasm over a shared memory and owns the views on it.
import { readFileSync } from 'node:fs';
import * as loader from '@assemblyscript/loader';
import { MEMORY_PAGES } from '../../assembly/abi.js';

/** The raw exports of the core, as `asc` declares them. */
export type CoreExports = Omit<Awaited<ReturnType<typeof import('../../dist/core.js').instantiate>>, 'memory'>;

export interface Core {
  readonly memory: WebAssembly.Memory;
  readonly exports: CoreExports;
  readonly u8: Uint8Array;
  readonly u32: Uint32Array;
  readonly i32: Int32Array;
  readonly u64: BigUint64Array;
  readonly view: DataView;
}

/** The one shared memory: initial = maximum, so that no view ever goes stale. Reserves address space, not memory. */
export function createMemory(): WebAssembly.Memory {
  try {
    return new WebAssembly.Memory({ initial: MEMORY_PAGES, maximum: MEMORY_PAGES, shared: true });
  } catch (cause) {
    throw new Error('weft needs 2 GiB of address space for its memory (is `ulimit -v` set?)', { cause });
  }
}

export function compileCore(): WebAssembly.Module {
  return new WebAssembly.Module(
    readFileSync(
      new URL(import.meta.url.includes('/dist/') ? '../../core.wasm' : '../../dist/core.wasm', import.meta.url),
    ),
  );
}

/** One instance over `memory`. Only the raw exports are used: the loader's wrapped ones double the cost of a call. */
export function loadCore(memory: WebAssembly.Memory, module: WebAssembly.Module = compileCore()): Core {
  const { instance } = loader.instantiateSync(module as never, { env: { memory } } as never);
  const buffer = memory.buffer;
  return {
    memory,
    exports: instance.exports as unknown as CoreExports,
    u8: new Uint8Array(buffer),
    u32: new Uint32Array(buffer),
    i32: new Int32Array(buffer),
    u64: new BigUint64Array(buffer),
    view: new DataView(buffer),
  };
}

/** Copies bytes into memory that lives as long as `object`. Strings are written as UTF-8. */
export function putBytes(core: Core, object: number, bytes: Uint8Array | string): { address: number; length: number } {
  const data = typeof bytes === 'string' ? Buffer.from(bytes, 'utf8') : bytes;
  if (data.length === 0) return { address: 0, length: 0 };
  const address = core.exports.objectAlloc(object, data.length);
  if (address === 0) throw new Error('the table memory of the core is exhausted');
  core.u8.set(data, address);
  return { address, length: data.length };
}
