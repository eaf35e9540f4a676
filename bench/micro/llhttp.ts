// llhttp as undici ships it (WebAssembly with SIMD), with callbacks that do the least: they count.
import { createRequire } from 'node:module';

interface Exports {
  memory: { buffer: ArrayBuffer };
  llhttp_alloc(type: number): number;
  llhttp_reset(parser: number): void;
  llhttp_execute(parser: number, data: number, length: number): number;
  malloc(length: number): number;
}

const ignore = (): number => 0;

const REQUEST = 1;
const RESPONSE = 2;

/** Parses the message anew with each call; returns the headers and the body bytes it was told. */
export function llhttpParser(kind: 'request' | 'response', message: Buffer): () => { headers: number; body: number } {
  const bytes = createRequire(import.meta.url)('undici/lib/llhttp/llhttp_simd-wasm.js') as Uint8Array;
  let headers = 0;
  let body = 0;
  const env = {
    wasm_on_message_begin: ignore,
    wasm_on_url: ignore,
    wasm_on_status: ignore,
    wasm_on_header_field: () => ++headers && 0,
    wasm_on_header_value: ignore,
    wasm_on_headers_complete: ignore,
    wasm_on_body: (_parser: number, _at: number, length: number) => {
      body += length;
      return 0;
    },
    wasm_on_message_complete: ignore,
  };
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env });
  const llhttp = exports as unknown as Exports;
  const parser = llhttp.llhttp_alloc(kind === 'request' ? REQUEST : RESPONSE);
  const data = llhttp.malloc(message.length);
  new Uint8Array(llhttp.memory.buffer).set(message, data);
  return () => {
    headers = 0;
    body = 0;
    const code = llhttp.llhttp_execute(parser, data, message.length);
    if (code !== 0) throw new Error(`llhttp answered ${code}`);
    return { headers, body };
  };
}
