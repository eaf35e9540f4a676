// What a started `weft proxy` consists of and says.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, expect, test } from 'vitest';
import { bootstrap, httpListener } from '../../support/bootstrap.js';
import { Peer } from '../../support/peer.js';
import { freePorts } from '../../support/ports.js';
import { residentBytes } from '../../support/proc.js';
import { REPOSITORY } from '../../support/repository.js';

const folder = mkdtempSync(`${tmpdir()}/weft-start-`);
afterAll(() => rmSync(folder, { recursive: true }));
let proxy: Peer | undefined;
afterEach(async () => {
  if (proxy?.running) await proxy.kill();
});

async function start(env: Record<string, string> = {}, args: string[] = []): Promise<{ proxy: Peer; port: number }> {
  const [port, adminPort, upstream] = await freePorts(3);
  const listener = httpListener('http', { port });
  const file = bootstrap(adminPort, [listener], { upstream: { endpoints: [upstream] } });
  proxy = await Peer.start('weft', { bootstrap: file, adminPort, concurrency: 1, env, args });
  return { proxy, port };
}

test('one line says what runs: JSON where no terminal reads it', async () => {
  const { proxy, port } = await start();
  const lines = proxy.output.split('\n').filter((line) => line.startsWith('{'));
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0])).toMatchObject({
    event: 'ready',
    version: expect.stringMatching(/^\d+\.\d+\.\d+/),
    configuration: expect.stringMatching(/bootstrap\.json$/),
    listeners: [{ name: 'http', address: `127.0.0.1:${port}` }],
    admin: `127.0.0.1:${proxy.options.adminPort}`,
    workers: 1,
    ready_ms: expect.any(Number),
  });
});

test('weft proxy loads these packages and no others', async () => {
  const coverage = join(folder, 'coverage');
  const { proxy } = await start({ NODE_V8_COVERAGE: coverage });
  expect(await proxy.stop()).toBe(0);
  const urls = readdirSync(coverage).flatMap((name) => {
    const { result } = JSON.parse(readFileSync(join(coverage, name), 'utf8')) as { result: { url: string }[] };
    return result.map(({ url }) => url);
  });
  const packages = urls.flatMap((url) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1] ?? []);
  const names = packages.map((name) => name.replace(/^@koromix\/koffi-.*/, 'koffi')); // its native part
  expect([...new Set(names)].sort()).toEqual([
    '@assemblyscript/loader',
    'commander',
    'koffi',
    'long', // looked for by protobufjs
    'protobufjs',
  ]);
});

test('a warm idle proxy with one worker is smaller than Envoy (63 MB)', async () => {
  const { proxy } = await start();
  await sleep(2000);
  expect(residentBytes([proxy.pid])).toBeLessThan(63e6);
});

test('class 75: an exception that nobody caught on the control thread is logged and counted, and the proxy goes on', async () => {
  const preload = fileURLToPath(new URL('fixture_uncaught.mjs', import.meta.url));
  const { proxy } = await start({ NODE_OPTIONS: `--import ${preload}` });
  proxy.signal('SIGUSR2');
  while ((await proxy.stat('weft.control_exceptions')) === 0) await sleep(20);
  expect(proxy.output).toContain('uncaught on the control thread: Error: thrown in a callback');
  expect((await proxy.admin('/ready'))?.status).toBe(200);
  expect(await proxy.stop()).toBe(0);
});

test('--mode init_only warms everything up, listens nowhere and ends well', async () => {
  const [port, adminPort, upstream] = await freePorts(3);
  const path = join(folder, 'init_only.json');
  const file = bootstrap(adminPort, [httpListener('http', { port })], { upstream: { endpoints: [upstream] } });
  writeFileSync(path, JSON.stringify(file));
  const weft = join(REPOSITORY, 'bin/weft');
  const { status, stdout } = spawnSync(process.execPath, [weft, 'proxy', '-c', path, '--mode', 'init_only']);
  expect([status, stdout.toString()]).toEqual([0, '']);
});

test('POST /quitquitquit ends the process as SIGTERM does', async () => {
  const { proxy } = await start();
  const answer = await fetch(`http://127.0.0.1:${proxy.options.adminPort}/quitquitquit`, { method: 'POST' });
  expect([answer.status, await answer.text()]).toEqual([200, 'OK\n']);
  expect(await proxy.wait()).toBe(0);
  expect(proxy.output).toContain('/quitquitquit: draining');
});

test('--admin-address-path holds the address of the admin listener', async () => {
  const path = join(folder, 'admin');
  const { proxy } = await start({}, ['--admin-address-path', path]);
  expect(readFileSync(path, 'utf8').trim()).toBe(`127.0.0.1:${proxy.options.adminPort}`);
});

test('--log-path and --log-format shape the log; SIGUSR1 opens it again', async () => {
  const path = join(folder, 'weft.log');
  const { proxy } = await start({}, ['--log-path', path, '--log-format', '%l|%n|%v', '-l', 'debug']);
  expect(readFileSync(path, 'utf8')).toMatch(/^debug\|main\|\d+ descriptors may be open\n/m);
  rmSync(path);
  proxy.signal('SIGUSR1');
  await sleep(200);
  proxy.signal('SIGHUP');
  await sleep(200);
  expect(readFileSync(path, 'utf8')).toContain('warning|main|SIGHUP is ignored\n');
});
