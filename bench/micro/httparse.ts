// Native httparse: the Rust program in httparse/, built on demand where cargo is.
import { execFileSync, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

// Compiled code stands in dist/bench/micro/, the Rust program beside the source.
const folder = fileURLToPath(new URL('../../../bench/micro/httparse/', import.meta.url));
let built: string | undefined;

/** Nanoseconds per parse, or how to get the tool. */
export function httparseTime(kind: 'request' | 'response', message: Buffer, headers: number): number | string {
  if (spawnSync('cargo', ['--version']).status !== 0) return 'install Rust (https://rustup.rs) for cargo';
  if (built === undefined) {
    const made = spawnSync('cargo', ['build', '--release', '--quiet'], { cwd: folder, encoding: 'utf8' });
    if (made.status !== 0) return `cargo could not build httparse: ${made.stderr.split('\n')[0]}`;
    built = `${folder}target/release/weft-bench-httparse`;
  }
  return Number(execFileSync(built, [kind, String(headers)], { input: message, encoding: 'utf8' }));
}
