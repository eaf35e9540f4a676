// Read-copy-update of route configurations: 100,000 swaps under matching end with the memory they began with.
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { ROUTE_DIR } from '../../../assembly/abi.js';
import { compileRouteConfig } from '../../../host/compile/route_config.js';
import { RouteTester, routeConfiguration } from '../../support/route.js';

const SWAPS = 100_000;
const STATUSES = 40; // as many configurations, of different sizes

function configuration(status: number): string {
  const others = Array.from(
    { length: status % 7 },
    (_, i) => `  - { match: { path: /no${i} }, redirect: { path_redirect: /x } }`,
  );
  return `
virtual_hosts:
- name: all
  domains: ['*.com', a.org]
  routes:
${others.join('\n')}
  - match: { safe_regex: { regex: "/a+[0-9]" }, headers: [{ name: x-a, string_match: { prefix: b } }] }
    direct_response: { status: ${status}, body: { inline_string: "${status}" } }
`;
}

test('100,000 swaps of a route configuration under matching end with exactly the table bytes of the start', async () => {
  const tester = new RouteTester();
  const { control, worker } = tester.t;
  const x = control.exports;
  const messages = Array.from({ length: STATUSES }, (_, i) => routeConfiguration(configuration(200 + i)));
  const compile = (i: number): number =>
    compileRouteConfig(control, messages[i % STATUSES], { clusterIndex: () => 0 }).object;
  const head = tester.put({ authority: 'x.com', path: '/aaa7?q', headers: [['x-a', 'bc']] });
  worker.exports.offline();
  const before = x.tableBytes();

  x.publish(ROUTE_DIR, compile(0));
  const flags = new SharedArrayBuffer(8);
  const shared = new Int32Array(flags);
  const file = new URL('fixture/matching_worker.mjs', import.meta.url);
  const thread = new Worker(file, { workerData: { memory: control.memory, head, flags } });
  const answer = once(thread, 'message');
  while (Atomics.load(shared, 1) === 0) await sleep(5);
  for (let i = 1; i <= SWAPS; i++) {
    x.publish(ROUTE_DIR, compile(i));
    if (i % 16 === 0) x.reclaim();
  }
  Atomics.store(shared, 0, 1);
  const [{ matches, wrong }] = (await answer) as [{ matches: number; wrong: number }];
  await thread.terminate();
  expect(wrong).toBe(0);
  expect(matches).toBeGreaterThan(10_000);

  x.publish(ROUTE_DIR, 0);
  expect(x.reclaim()).toBe(0);
  expect(x.tableBytes()).toBe(before);
}, 120_000);
