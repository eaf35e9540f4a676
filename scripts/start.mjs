// `npm start`: sets the tree up, starts two demo upstreams and the proxy on examples/quickstart.yaml, says what to try.
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT, ensureReady } from './setup.mjs';

const UPSTREAMS = { blue: 10001, green: 10002 };
const ADMIN = 'http://127.0.0.1:9901';
const TRY = [
  ['curl -i http://127.0.0.1:10000/', 'a direct response of the default virtual host'],
  ["curl -H 'host: blue.example' http://127.0.0.1:10000/hello", 'one upstream, with the headers it was sent'],
  ["curl -H 'host: split.example' http://127.0.0.1:10000/", 'a weighted split: 90 % blue, 10 % green'],
  ["curl -H 'host: shop.example' http://127.0.0.1:10000/cart/7", 'a prefix rewrite: the upstream sees /v1/cart/7'],
  ["curl -i -H 'host: old.example' http://127.0.0.1:10000/page", 'a redirect to new.example'],
  [`curl ${ADMIN}/stats`, 'what was counted'],
];
const SAME_SIGNAL_MS = 300; // a terminal signals the whole group and npm passes it on: one Ctrl-C arrives twice

async function startUpstream([name, port]) {
  const child = fork(join(ROOT, 'scripts/demo_upstream.mjs'), [name, String(port)], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const [first] = await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
  if (child.exitCode !== null) process.exit(1);
  process.stdout.write(first);
  return child;
}

/** In a process group of its own, so that Ctrl-C reaches it once, through us, and a second one is really a second one. */
function startProxy() {
  return spawn(process.execPath, [join(ROOT, 'bin/weft'), 'proxy', '-c', join(ROOT, 'examples/quickstart.yaml')], {
    stdio: 'inherit',
    detached: true,
  });
}

function isReady() {
  return new Promise((resolve) => {
    const request = get(`${ADMIN}/ready`, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.on('error', () => resolve(false));
  });
}

function printLines() {
  const width = Math.max(...TRY.map(([line]) => line.length));
  const lines = TRY.map(([line, what]) => `  ${line.padEnd(width)}  # ${what}`);
  process.stdout.write(`\nTry:\n${lines.join('\n')}\n\nAdmin: ${ADMIN}   Ctrl-C drains and stops.\n`);
}

function passSignals(proxy) {
  let last = 0;
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.on(signal, () => {
      const now = performance.now();
      if (now - last < SAME_SIGNAL_MS) return;
      last = now;
      proxy.kill('SIGTERM');
    });
  }
}

ensureReady();
const upstreams = await Promise.all(Object.entries(UPSTREAMS).map(startUpstream));
const proxy = startProxy();
passSignals(proxy);
const ended = once(proxy, 'exit').then(([status, signal]) => {
  for (const upstream of upstreams) upstream.kill();
  process.exit(signal ? 1 : (status ?? 1));
});
while (!(await isReady())) await Promise.race([ended, sleep(50)]);
printLines();
await ended;
