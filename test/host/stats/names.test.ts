import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import * as abi from '../../../assembly/abi.js';
import {
  CLUSTER_LAYOUT,
  HTTP_INSPECTOR_LAYOUT,
  HTTP_LAYOUT,
  LISTENER_LAYOUT,
  PROXY_PROTOCOL_LAYOUT,
  SERVER_LAYOUT,
  TCP_LAYOUT,
  TLS_INSPECTOR_LAYOUT,
  type Layout,
} from '../../../host/stats/layout.js';
import { StatsRegistry } from '../../../host/stats/registry.js';
import { testCore } from '../../support/core.js';

const NUMBERS = abi as unknown as Record<string, number>;

/** The constant of abi.ts for a member. */
function constant(prefix: string, name: string, kind: string): string {
  const upper = name.toUpperCase().replaceAll('.', '_');
  if (kind !== 'by_class') return `${prefix}_STAT_${upper}`;
  return prefix === 'HCM' ? `${prefix}_STAT_${upper}_BY_CLASS` : `${prefix}_STAT_${upper}_CODES`;
}

test.each([
  ['LISTENER', LISTENER_LAYOUT, abi.LISTENER_STATS_SIZE],
  ['HCM', HTTP_LAYOUT, abi.HCM_STATS_SIZE],
  ['CLUSTER', CLUSTER_LAYOUT, abi.CLUSTER_STATS_SIZE],
  ['TCP', TCP_LAYOUT, abi.TCP_STATS_SIZE],
  ['SERVER', SERVER_LAYOUT, abi.SERVER_STATS_SIZE],
  ['TLS_INSPECTOR', TLS_INSPECTOR_LAYOUT, abi.TLS_INSPECTOR_STATS_SIZE],
  ['HTTP_INSPECTOR', HTTP_INSPECTOR_LAYOUT, abi.HTTP_INSPECTOR_STATS_SIZE],
  ['PROXY_PROTOCOL', PROXY_PROTOCOL_LAYOUT, abi.PROXY_PROTOCOL_STATS_SIZE],
] as [string, Layout, number][])('names and numbers of %s agree', (prefix, layout, size) => {
  for (const { name, kind, index } of layout.members) expect(NUMBERS[constant(prefix, name, kind)], name).toBe(index);
  const constants = Object.keys(NUMBERS).filter((name) => name.startsWith(`${prefix}_STAT_`));
  expect(constants).toHaveLength(layout.members.length);
  expect(layout.size).toBe(size);
});

test('blocks of scopes begin behind those that belong to nobody', () => {
  const sizes = [abi.HCM_STATS_SIZE, abi.CLUSTER_STATS_SIZE, abi.LISTENER_STATS_SIZE, abi.TCP_STATS_SIZE];
  expect(Math.max(...sizes)).toBeLessThan(abi.SERVER_STATS);
  expect(abi.SERVER_STATS + abi.SERVER_STATS_SIZE).toBeLessThan(abi.STATS_FIRST);
  expect(abi.STATS_TABLES_USED).toBe(abi.MAX_STATS - 1);
});

/** Of Envoy's output for the same configuration: what weft does not have. */
const NOT_HERE = [
  /\.circuit_breakers\./, // only with limits: below
  /^http\.(admin|async-client)\.|^listener\.admin\./,
  /^vhost\./,
  /^(server|runtime|main_thread|workers|listener_manager|cluster_manager|thread_local_cluster_manager|filesystem|dns|envoy|overload)\./,
];

test("a registry with Envoy's scopes has Envoy's names", () => {
  const { control, worker, W } = testCore();
  const registry = new StatsRegistry(control.memory.buffer, [W]);
  for (const address of ['127.0.0.1:21501', '127.0.0.1:21502']) registry.listener(address);
  const http = registry.http('ingress_http', '127.0.0.1:21501');
  registry.tcp('tcp1');
  const [up, bad] = ['up', 'bad'].map((name) => registry.cluster(name));
  for (const status of [200, 200, 404, 503]) {
    worker.exports.statCode(up.block + abi.CLUSTER_STAT_UPSTREAM_RQ_CODES, status);
    worker.exports.statClass(http + abi.HCM_STAT_DOWNSTREAM_RQ_BY_CLASS, status);
  }
  worker.exports.statCode(bad.block + abi.CLUSTER_STAT_UPSTREAM_RQ_CODES, 503);
  worker.exports.histogramRecord(up.block + abi.CLUSTER_STAT_UPSTREAM_RQ_TIME, 12);

  const golden = new URL('../../golden/stats/envoy_stats.txt', import.meta.url);
  const envoy = readFileSync(golden, 'utf8')
    .split('\n')
    .map((line) => line.slice(0, line.indexOf(': ')))
    .filter((name) => name && !NOT_HERE.some((pattern) => pattern.test(name)));
  const ours = new Set([...registry.stats()].map(({ name }) => name));
  expect(envoy.length).toBeGreaterThan(300);
  expect(envoy.filter((name) => !ours.has(name))).toEqual([]);
  const more = [...ours].filter((name) => !envoy.includes(name) && !name.startsWith('weft.'));
  expect(more).toEqual([
    'cluster.up.upstream_rq_retry_on_reused_reset',
    'cluster.bad.upstream_rq_retry_on_reused_reset',
  ]);
});
