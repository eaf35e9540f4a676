// `npm run bench:k6 [-- --quick] [--peer envoy]`: k6 against one proxy; ends with k6's status, 99 where a threshold broke.
// k6 is the one on PATH or in WEFT_K6, else it is built from its Go module where Go is present.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startProxy } from '../../test/support/fixture.js';
import type { PeerKind } from '../../test/support/peer.js';
import { freePort } from '../../test/support/ports.js';
import { REPOSITORY } from '../../test/support/repository.js';
import { installed } from '../peers/child.js';
import { startUpstream } from '../peers/upstream.js';

const K6_MODULE = 'go.k6.io/k6@v1.3.0';
const BUILT = join(REPOSITORY, 'dist/k6');

const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, peer: { type: 'string', default: 'weft' } },
});

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

function findK6(): string | undefined {
  if (process.env['WEFT_K6']) return process.env['WEFT_K6'];
  if (installed('k6')) return 'k6';
  if (existsSync(join(BUILT, 'k6'))) return join(BUILT, 'k6');
  if (!installed('go')) return undefined;
  say(`building ${K6_MODULE} (once) …`);
  const { status } = spawnSync('go', ['install', K6_MODULE], {
    stdio: 'inherit',
    env: { ...process.env, GOBIN: BUILT },
  });
  return status === 0 ? join(BUILT, 'k6') : undefined;
}

async function main(): Promise<number> {
  const k6 = findK6();
  if (k6 === undefined) return (say(`k6 is skipped: neither k6 nor Go is here; with Go: go install ${K6_MODULE}`), 0);
  if (!installed('nginx'))
    return (say('k6 is skipped: its upstream is nginx; install it with: apt-get install nginx'), 0);
  const folder = mkdtempSync(join(tmpdir(), 'weft-k6-'));
  const upstreamPort = await freePort();
  const upstream = await startUpstream(folder, upstreamPort);
  const proxy = await startProxy({ kind: values.peer as PeerKind, upstreamPort });
  const environment = ['--env', `TARGET=http://127.0.0.1:${proxy.port}`, '--env', `QUICK=${values.quick ? 1 : 0}`];
  const args = ['run', '--quiet', '--no-usage-report', ...environment, join(REPOSITORY, 'bench/k6/script.js')];
  const [status] = (await once(spawn(k6, args, { stdio: 'inherit' }), 'exit')) as [number | null];
  await proxy.peer.stop();
  await upstream.stop();
  rmSync(folder, { recursive: true, force: true });
  return status ?? 1;
}

process.exit(await main());
