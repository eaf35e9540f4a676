// `weft version`.
import { existsSync, readFileSync } from 'node:fs';
import { EXIT_OK } from './exit_code.js';
import type { Terminal } from './output.js';

/** The Envoy release whose API proto/generated/ describes. */
export const ENVOY_API = '1.40.0';

/** The version in package.json, seen from host/cli/ and from dist/host/cli/. */
export function weftVersion(): string {
  const near = new URL('../../package.json', import.meta.url);
  const file = existsSync(near) ? near : new URL('../../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

export function versionLine(): string {
  return `weft ${weftVersion()} (Envoy API ${ENVOY_API}, Node ${process.versions.node}, ${process.platform} ${process.arch})`;
}

export function runVersion(terminal: Terminal): number {
  terminal.stdout.write(`${versionLine()}\n`);
  return EXIT_OK;
}
