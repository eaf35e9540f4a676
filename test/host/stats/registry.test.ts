import { expect, test } from 'vitest';
import * as abi from '../../../assembly/abi.js';
import { binLow, binOf, binSum, bucketCounts, mergeBins, quantiles, type Bins } from '../../../host/stats/bins.js';
import { StatsRegistry } from '../../../host/stats/registry.js';
import { renderJson, renderPrometheus, renderText } from '../../../host/stats/render.js';
import type { Stat } from '../../../host/stats/stat.js';
import { testCore } from '../../support/core.js';

function setUp() {
  const { control, worker, W } = testCore();
  const registry = new StatsRegistry(control.memory.buffer, [W]);
  const find = (name: string): Stat | undefined => [...registry.stats()].find((stat) => stat.name === name);
  const value = (name: string): number => {
    const stat = find(name);
    return stat === undefined || stat.kind === 'histogram' ? Number.NaN : stat.value;
  };
  return { registry, x: worker.exports, find, value };
}

const binsOf = (values: readonly number[]): Bins => mergeBins(values.map((v) => [binOf(v), 1] as const));

test('what the core counts is what the registry reads', () => {
  const { registry, x, value } = setUp();
  const { block } = registry.cluster('a');
  x.statInc(block + abi.CLUSTER_STAT_UPSTREAM_RQ_TOTAL);
  x.statAdd32(block + abi.CLUSTER_STAT_UPSTREAM_CX_RX_BYTES_TOTAL, 4_000_000_000);
  x.statAdd32(block + abi.CLUSTER_STAT_UPSTREAM_CX_RX_BYTES_TOTAL, 4_000_000_000);
  x.statDec(block + abi.CLUSTER_STAT_UPSTREAM_CX_ACTIVE);
  expect(value('cluster.a.upstream_rq_total')).toBe(1);
  expect(value('cluster.a.upstream_cx_rx_bytes_total')).toBe(8_000_000_000);
  expect(value('cluster.a.upstream_cx_active')).toBe(-1); // the part of one worker; the sum over all is never negative
});

test('every code of a response is counted on its own, in its class, and as completed', () => {
  const { registry, x, value, find } = setUp();
  const index = registry.cluster('a').block + abi.CLUSTER_STAT_UPSTREAM_RQ_CODES;
  for (const status of [200, 200, 204, 404, 599, 100, 600, 999, 0]) x.statCode(index, status);
  expect(value('cluster.a.upstream_rq_200')).toBe(2);
  expect(value('cluster.a.upstream_rq_2xx')).toBe(3);
  expect(value('cluster.a.upstream_rq_599')).toBe(1);
  expect(value('cluster.a.upstream_rq_100')).toBe(1);
  expect(value('cluster.a.upstream_rq_completed')).toBe(9);
  expect(find('cluster.a.upstream_rq_3xx')).toBeUndefined();
});

test('external is what is not internal', () => {
  const { registry, x, value } = setUp();
  const { block } = registry.cluster('a');
  x.statCode(block + abi.CLUSTER_STAT_UPSTREAM_RQ_CODES, 200);
  x.statCode(block + abi.CLUSTER_STAT_UPSTREAM_RQ_CODES, 200);
  x.statCode(block + abi.CLUSTER_STAT_INTERNAL_UPSTREAM_RQ_CODES, 200);
  expect(value('cluster.a.internal.upstream_rq_200')).toBe(1);
  expect(value('cluster.a.external.upstream_rq_200')).toBe(1);
  expect(value('cluster.a.external.upstream_rq_completed')).toBe(1);
});

test('the core puts a value into the bin that the host takes it for', () => {
  const { registry, x, find } = setUp();
  const { block } = registry.cluster('a');
  const values = [
    0, 1, 9, 10, 99, 100, 109, 110, 999, 1000, 9999, 10000, 99999, 100000, 12345678, 999999999, 0x7fffffff,
  ];
  for (const v of values) x.histogramRecord(block + abi.CLUSTER_STAT_UPSTREAM_CX_LENGTH_MS, v);
  x.histogramRecord(block + abi.CLUSTER_STAT_UPSTREAM_CX_LENGTH_MS, -1); // 2^32 - 1
  const stat = find('cluster.a.upstream_cx_length_ms');
  expect(stat?.kind === 'histogram' && stat.bins).toEqual(binsOf([...values, 0xffffffff]));
  for (const v of [...values, 0xffffffff]) {
    expect(binLow(binOf(v))).toBeLessThanOrEqual(v);
    expect(binLow(binOf(v) + 1)).toBeGreaterThan(v);
  }
});

// Values and quantiles as Envoy 1.40 printed them (test/golden/stats/envoy_stats.txt).
test.each([
  [[1], [1.05, 1.05, 1.05, 1.05, 1.05, 1.05, 1.05, 1.05, 1.05, 1.05]],
  [
    [1, 1, 1, 1, 1, 1, 1],
    [1.0125, 1.025, 1.05, 1.075, 1.0875, 1.0875, 1.0875, 1.0875, 1.0875, 1.0875],
  ],
  [
    [0, 1, 1, 1, 1, 2, 13],
    [0, 1.02, 1.06, 2.05, 13.5, 13.5, 13.5, 13.5, 13.5, 13.5],
  ],
  [
    [1, 1],
    [1.0333333333333334, 1.0333333333333334, 1.0333333333333334, ...Array<number>(7).fill(1.0666666666666667)],
  ],
  [
    [0, 0, 2, 12],
    [0, 0, 0, 2.05, 12.5, 12.5, 12.5, 12.5, 12.5, 12.5],
  ],
])('quantiles of %j are those of Envoy', (values, expected) => {
  expect(quantiles(binsOf(values))).toEqual(expected);
});

test("buckets and sums are Envoy's", () => {
  const bins = binsOf([0, 1, 1, 1, 1, 2, 13]);
  expect(bucketCounts(bins).slice(0, 6)).toEqual([1, 5, 6, 6, 7, 7]);
  expect(binSum(bins)).toBe(19.72073815976255);
  expect(bucketCounts(binsOf([999, 1000, 3_600_000, 3_700_000])).slice(9)).toEqual([2, 2, 2, 2, 2, 2, 2, 2, 2, 3]);
});

test('a block that is used again begins at zero, and one that is free is handed out before a new one', () => {
  const { registry, x, value, find } = setUp();
  const first = registry.cluster('a');
  x.statCode(first.block + abi.CLUSTER_STAT_UPSTREAM_RQ_CODES, 200);
  x.histogramRecord(first.block + abi.CLUSTER_STAT_UPSTREAM_RQ_TIME, 5);
  x.statInc(first.block + abi.CLUSTER_STAT_UPSTREAM_CX_TOTAL);
  first.release();
  expect(find('cluster.a.upstream_cx_total')).toBeUndefined();
  const second = registry.cluster('b');
  expect(second.block).toBe(first.block);
  expect(value('cluster.b.upstream_cx_total')).toBe(0);
  expect(find('cluster.b.upstream_rq_200')).toBeUndefined();
  x.statCode(second.block + abi.CLUSTER_STAT_UPSTREAM_RQ_CODES, 200);
  x.histogramRecord(second.block + abi.CLUSTER_STAT_UPSTREAM_RQ_TIME, 7);
  expect(value('cluster.b.upstream_rq_200')).toBe(1);
  expect(renderText(registry.stats(), () => [])).toContain('cluster.b.upstream_rq_time: P0(nan,7.05)');
});

test('scopes of one name are added up', () => {
  const { registry, x, value } = setUp();
  for (const [listener, n] of [
    ['127.0.0.1:1', 2],
    ['127.0.0.1:2', 3],
  ] as const) {
    const block = registry.http('ingress', listener);
    for (let i = 0; i < n; i++) x.statClass(block + abi.HCM_STAT_DOWNSTREAM_RQ_BY_CLASS, 200);
  }
  expect(value('http.ingress.downstream_rq_2xx')).toBe(5);
  expect(value('http.ingress.downstream_rq_completed')).toBe(5);
  expect(value('listener.127.0.0.1_1.http.ingress.downstream_rq_2xx')).toBe(2);
  expect(value('listener.127.0.0.1_2.http.ingress.downstream_rq_completed')).toBe(3);
});

test('a dead worker leaves its counters and takes its gauges along', () => {
  const { registry, x, value } = setUp();
  const { block } = registry.cluster('a');
  x.statInc(block + abi.CLUSTER_STAT_UPSTREAM_CX_TOTAL);
  x.statInc(block + abi.CLUSTER_STAT_UPSTREAM_CX_ACTIVE);
  registry.workerDied(0);
  expect(value('cluster.a.upstream_cx_total')).toBe(1);
  expect(value('cluster.a.upstream_cx_active')).toBe(0);
});

test('tables stop growing where the scopes begin, and that is counted', () => {
  const { registry, x, value } = setUp();
  for (let i = 0; i < 800; i++) {
    const { block } = registry.cluster(`c${i}`);
    for (const at of [0, 3, 6, 9]) {
      for (const v of [1, 1000, 100_000]) x.histogramRecord(block + abi.CLUSTER_STAT_UPSTREAM_RQ_TIME + at, v);
    }
  }
  expect(value('weft.stats_exhausted')).toBeGreaterThan(0);
  expect(value('cluster.c799.upstream_rq_total')).toBe(0);
});

test('reset_counters starts counters anew and leaves gauges', () => {
  const { registry, x, value } = setUp();
  const { block } = registry.cluster('a');
  x.statInc(block + abi.CLUSTER_STAT_UPSTREAM_CX_TOTAL);
  x.statInc(block + abi.CLUSTER_STAT_UPSTREAM_CX_ACTIVE);
  registry.resetCounters();
  expect(value('cluster.a.upstream_cx_total')).toBe(0);
  expect(value('cluster.a.upstream_cx_active')).toBe(1);
  x.statInc(block + abi.CLUSTER_STAT_UPSTREAM_CX_TOTAL);
  expect(value('cluster.a.upstream_cx_total')).toBe(1);
});

test('circuit breakers say how much is left and whether one is open', () => {
  const { registry, x, value } = setUp();
  const scope = registry.cluster('a');
  const limits = { maxConnections: 1, maxPendingRequests: 2, maxRequests: 3, maxRetries: 4, trackRemaining: true };
  scope.setCircuitBreakers(() => ({ default: limits, high: { ...limits, trackRemaining: false } }));
  x.statInc(scope.block + abi.CLUSTER_STAT_UPSTREAM_CX_ACTIVE);
  x.statInc(scope.block + abi.CLUSTER_STAT_UPSTREAM_RQ_ACTIVE);
  expect(value('cluster.a.circuit_breakers.default.cx_open')).toBe(1);
  expect(value('cluster.a.circuit_breakers.default.remaining_cx')).toBe(0);
  expect(value('cluster.a.circuit_breakers.default.rq_open')).toBe(0);
  expect(value('cluster.a.circuit_breakers.default.remaining_rq')).toBe(2);
  expect(value('cluster.a.circuit_breakers.default.remaining_pending')).toBe(2);
  expect(renderText(registry.stats(), () => [])).toContain('default.remaining_cx_pools: 18446744073709551615\n');
});

test('Prometheus gets names without tags, tags as labels, and label values escaped', () => {
  const { registry, x } = setUp();
  const { block } = registry.cluster('a"b\\c\nd');
  x.statCode(block + abi.CLUSTER_STAT_UPSTREAM_RQ_CODES, 503);
  x.histogramRecord(block + abi.CLUSTER_STAT_UPSTREAM_RQ_TIME, 3);
  const text = renderPrometheus(registry.stats());
  const label = 'envoy_cluster_name="a\\"b\\\\c\\nd"';
  expect(text).toContain(`# TYPE envoy_cluster_upstream_rq counter\n`);
  expect(text).toContain(`envoy_cluster_upstream_rq{envoy_response_code="503",${label}} 1\n`);
  expect(text).toContain(`envoy_cluster_upstream_rq_xx{envoy_response_code_class="5",${label}} 1\n`);
  expect(text).toContain(`envoy_cluster_upstream_rq_time_bucket{${label},le="5"} 1\n`);
  expect(text).toContain(`envoy_cluster_upstream_rq_time_count{${label}} 1\n`);
  for (const line of text.trimEnd().split('\n')) {
    expect(line).toMatch(/^(# TYPE [a-zA-Z_:][\w:]* (counter|gauge|histogram)|[a-zA-Z_:][\w:]*\{.*\} \S+)$/);
  }
});

test('each family of Prometheus stands together, once', () => {
  const { registry } = setUp();
  for (const name of ['b', 'a']) registry.cluster(name);
  registry.http('p', '127.0.0.1:1');
  const types = renderPrometheus(registry.stats())
    .split('\n')
    .filter((line) => line.startsWith('# TYPE'));
  expect(new Set(types).size).toBe(types.length);
  expect(new Set(types.map((line) => line.split(' ')[2])).size).toBe(types.length);
});

test('JSON has every number and the quantiles of every histogram', () => {
  const { registry, x } = setUp();
  const { block } = registry.cluster('a');
  x.histogramRecord(block + abi.CLUSTER_STAT_UPSTREAM_CX_CONNECT_MS, 3);
  registry.flush();
  const { stats } = JSON.parse(renderJson(registry.stats(), (name) => registry.interval(name))) as { stats: object[] };
  expect(stats).toContainEqual({ name: 'cluster.a.upstream_cx_total', value: 0 });
  expect(JSON.stringify(stats.at(-1))).toContain(
    '{"name":"cluster.a.upstream_cx_connect_ms","values":[{"cumulative":3.05,"interval":3.05}',
  );
});

test('an interval holds what came after the last flush', () => {
  const { registry, x } = setUp();
  const index = registry.cluster('a').block + abi.CLUSTER_STAT_UPSTREAM_CX_CONNECT_MS;
  x.histogramRecord(index, 1);
  registry.flush();
  x.histogramRecord(index, 20);
  registry.flush();
  expect(registry.interval('cluster.a.upstream_cx_connect_ms')).toEqual([[20, 1]]);
});
