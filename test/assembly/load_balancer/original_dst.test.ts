// The load balancer of ORIGINAL_DST clusters, and the endpoints that it makes.
import { beforeEach, describe, expect, test } from 'vitest';
import * as abi from '../../../assembly/abi.js';
import { buildCluster } from '../../../host/compile/cluster_object.js';
import { DynamicEndpoints } from '../../../host/cluster/dynamic_endpoints.js';
import type { OriginalDstModel } from '../../../host/cluster/model.js';
import { decodeAddress, encodeAddress, formatAddress, ipAddress } from '../../../host/io/address.js';
import { clusterModel } from '../../support/cluster.js';
import { testCore, type TestCore } from '../../support/core.js';

const HEADER = 'x-envoy-original-dst-host';
const INTERVAL = 5000;
const FACT_RESTORED = 8;
const FACTS_FLAGS = 57; // offset of ConnFacts.flags
const STATS = 4000;
const FACTS = abi.W_HOST;
const PEER = abi.W_HOST + 128;
const LOCAL = abi.W_HOST + 256;
const REQUEST = abi.W_RX;

let core: TestCore;

function publish(index: number, changes: Partial<OriginalDstModel> = {}): number {
  const originalDst = { header: HEADER, port: undefined, cleanupInterval: INTERVAL, ...changes };
  const loadBalancer = { policy: abi.LB_ORIGINAL_DST, choiceCount: 0, activeRequestBias: 1 };
  const model = clusterModel({ name: `dst${index}`, originalDst, loadBalancer });
  const object = buildCluster(core.control, model, [], { index, stats: STATS, endpointIds: [] });
  core.control.exports.clusterPublish(index, object);
  return object;
}

beforeEach(() => {
  core = testCore();
});

function word(at: number): number {
  return core.worker.u32[at >> 2];
}

function stat(member: number): number {
  return Number(core.worker.u64[((core.W + abi.W_STATS) >> 3) + STATS + member]);
}

/** A connection to `local`, restored or not; answers the address of its facts. */
function connection(local: string, port: number, restored: boolean): number {
  const { W, worker } = core;
  encodeAddress(worker.view, W + PEER, ipAddress('192.0.2.1', 40000)!);
  encodeAddress(worker.view, W + LOCAL, ipAddress(local, port)!);
  worker.exports.factsInit(W + FACTS, W + PEER, W + LOCAL, false);
  if (restored) worker.u8[W + FACTS + FACTS_FLAGS] |= FACT_RESTORED;
  return W + FACTS;
}

/** A parsed request with these header lines; answers the address of its head. */
function request(...lines: string[]): number {
  const { W, worker } = core;
  const bytes = Buffer.from(['GET / HTTP/1.1', 'Host: h', ...lines, '', ''].join('\r\n'), 'latin1');
  worker.exports.scratchReset();
  worker.u8.set(bytes, W + REQUEST);
  const head = W + abi.W_REQUEST_HEAD;
  const from = W + REQUEST;
  expect(worker.exports.parseRequest(head, from, from + bytes.length, 100, 0)).toBe(bytes.length);
  return head;
}

/** Where the pick leads, as the kernel is told and as the logs say. */
function describePick(endpoint: number): string | undefined {
  if (endpoint === 0) return undefined;
  const { view, u8 } = core.worker;
  const [sockaddr, length, , text, textLength] = core.worker.u32.subarray((endpoint >> 2) + 2, (endpoint >> 2) + 7);
  const said = Buffer.from(u8.slice(text, text + textLength)).toString();
  expect(formatAddress(decodeAddress(view, sockaddr, length)!)).toBe(said);
  return said;
}

function later(ms: number): void {
  core.worker.u32[(core.W + abi.WORKER_NOW) >> 2] += ms;
  core.worker.exports.onTimers();
}

const pick = (object: number, facts: number, head = 0): number =>
  core.worker.exports.pickOriginalDst(object as never, facts, head) >>> 0;

describe('where the destination comes from', () => {
  test('the local address, where it was restored', () => {
    const object = publish(0);
    expect(describePick(pick(object, connection('10.1.2.3', 8080, true)))).toBe('10.1.2.3:8080');
    expect(describePick(pick(object, connection('2001:db8::7', 443, true)))).toBe('[2001:db8::7]:443');
    expect(describePick(pick(object, connection('::ffff:10.1.2.3', 80, true)))).toBe('10.1.2.3:80');
    expect(pick(object, connection('10.1.2.3', 8080, false))).toBe(0);
  });

  test('the header of the request comes before it, and its first value only', () => {
    const object = publish(0);
    const facts = connection('10.1.2.3', 8080, true);
    const head = request(`${HEADER}: 10.9.9.9:1`, `${HEADER}: 10.9.9.9:2`);
    expect(describePick(pick(object, facts, head))).toBe('10.9.9.9:1');
  });

  test('a header that is no address is counted, and the connection decides', () => {
    const object = publish(0);
    const facts = connection('10.1.2.3', 8080, true);
    expect(describePick(pick(object, facts, request(`${HEADER}: nowhere`)))).toBe('10.1.2.3:8080');
    expect(stat(abi.CLUSTER_STAT_ORIGINAL_DST_HOST_INVALID)).toBe(1);
  });

  test('without use_http_header nobody asks the request', () => {
    const object = publish(0, { header: '' });
    expect(pick(object, connection('10.1.2.3', 8080, false), request(`${HEADER}: 10.9.9.9:1`))).toBe(0);
    expect(stat(abi.CLUSTER_STAT_ORIGINAL_DST_HOST_INVALID)).toBe(0);
  });

  test('another header, a well-known one, and the authority', () => {
    const facts = connection('10.1.2.3', 8080, false);
    expect(describePick(pick(publish(0, { header: 'x-to' }), facts, request('X-To: 10.9.9.9:1')))).toBe('10.9.9.9:1');
    expect(describePick(pick(publish(1, { header: 'via' }), facts, request('Via: 10.9.9.9:2')))).toBe('10.9.9.9:2');
    expect(pick(publish(2, { header: ':authority' }), facts, request())).toBe(0);
    expect(stat(abi.CLUSTER_STAT_ORIGINAL_DST_HOST_INVALID)).toBe(1);
  });

  test('upstream_port_override comes before every port, 0 too', () => {
    const facts = connection('10.1.2.3', 8080, true);
    const head = request(`${HEADER}: 10.9.9.9:1`);
    expect(describePick(pick(publish(0, { port: 9000 }), facts))).toBe('10.1.2.3:9000');
    expect(describePick(pick(publish(0, { port: 9000 }), facts, head))).toBe('10.9.9.9:9000');
    expect(describePick(pick(publish(0, { port: 0 }), facts, head))).toBe('10.9.9.9:0');
  });

  test.each([
    '1.2.3.4:80',
    '1.2.3.4:0',
    '1.2.3.4:65535',
    '1.2.3.4: +000080',
    '[::1]:80',
    '[2001:db8::7]:8080',
    '[::ffff:1.2.3.4]:80',
  ])('%s is one', (value) => {
    expect(
      describePick(pick(publish(0), connection('10.1.2.3', 8080, false), request(`${HEADER}: ${value}`))),
    ).toBeDefined();
  });

  test.each([
    '',
    ':',
    ':80',
    '1.2.3.4',
    '1.2.3.4:',
    '1.2.3.4:65536',
    '1.2.3.4:-1',
    '1.2.3.4:80a',
    '1.2.3.4:+',
    '1.2.3.4:8 0',
    '1.2.3.4 :80',
    '1.2.3:80',
    '1.2.3.256:80',
    '01.2.3.4:80',
    '::1:80',
    '[::1]',
    '[::1]:',
    '[::1:80',
    '::1]:80',
    '[]:80',
    '[1.2.3.4]:80',
    '[::1]x:80',
    'localhost:80',
    '1.2.3.4:80,1.2.3.4:81',
    `${'1'.repeat(300)}:80`,
  ])('"%s" is none', (value) => {
    expect(pick(publish(0), connection('10.1.2.3', 8080, false), request(`${HEADER}: ${value}`))).toBe(0);
    expect(stat(abi.CLUSTER_STAT_ORIGINAL_DST_HOST_INVALID)).toBe(1);
  });
});

describe('endpoints of the worker', () => {
  test('one address is one endpoint, of each cluster', () => {
    const [a, b] = [publish(0), publish(1)];
    const first = pick(a, connection('10.1.2.3', 80, true));
    expect(pick(a, connection('10.1.2.3', 80, true))).toBe(first);
    expect(pick(a, connection('10.1.2.3', 81, true))).not.toBe(first);
    expect(pick(b, connection('10.1.2.3', 80, true))).not.toBe(first);
    expect(word(first)).toBeGreaterThanOrEqual(abi.DYNAMIC_FIRST_ID);
    expect(stat(abi.CLUSTER_STAT_MEMBERSHIP_CHANGE)).toBe(3);
  });

  test('one that is not picked for a whole cleanup_interval goes, and its owner with the last', () => {
    const object = publish(0);
    const view = new DynamicEndpoints(core.worker.memory.buffer, [core.W]);
    const addresses = (): string[] => view.of(0).map(({ address }) => address);
    pick(object, connection('10.0.0.1', 80, true));
    pick(object, connection('10.0.0.2', 80, true));
    expect(addresses()).toEqual(['10.0.0.1:80', '10.0.0.2:80']);
    later(INTERVAL);
    pick(object, connection('10.0.0.2', 80, true));
    later(INTERVAL);
    expect(addresses()).toEqual(['10.0.0.2:80']);
    later(INTERVAL);
    expect(addresses()).toEqual([]);
    expect(core.worker.exports.nextTimeout()).toBe(-1);
    expect(stat(abi.CLUSTER_STAT_MEMBERSHIP_CHANGE)).toBe(4);
  });

  test.each([
    ['over time', 1000],
    ['all at once', 1_000_000],
  ])('100,000 destinations, %s, leave nothing behind', (_name, burst) => {
    const object = publish(0);
    const facts = connection('10.0.0.0', 80, true);
    const start = core.worker.exports.bufferBytes();
    const { view } = core.worker;
    for (let i = 0; i < 100_000; i++) {
      view.setUint32(facts + 16, i, false); // ConnFacts.local0
      expect(pick(object, facts)).not.toBe(0);
      if (i % burst === burst - 1) later(INTERVAL);
    }
    expect(word(core.W + abi.WORKER_DYNAMIC_COUNT)).toBeLessThanOrEqual(Math.min(abi.DYNAMIC_ENDPOINTS, 2 * burst));
    for (let i = 0; i < 3; i++) later(INTERVAL);
    expect(core.worker.exports.nextTimeout()).toBe(-1);
    expect(core.worker.exports.bufferBytes()).toBe(start);
    expect(new DynamicEndpoints(core.worker.memory.buffer, [core.W]).of(0)).toEqual([]);
    const buckets = core.worker.u32.subarray((core.W + abi.W_DYNAMIC_BUCKETS) >> 2).subarray(0, abi.DYNAMIC_ENDPOINTS);
    expect(buckets.every((bucket) => bucket === 0)).toBe(true);
  });

  test('what is in use stays when the table is full', () => {
    const object = publish(0);
    const facts = connection('10.0.0.0', 80, true);
    const inUse = pick(object, connection('10.255.255.255', 80, true));
    const id = word(inUse);
    core.worker.u32[
      (core.W + abi.W_ENDPOINT_STATE + id * abi.ENDPOINT_STATE_SIZE + abi.ENDPOINT_STATE_CONNECTIONS) >> 2
    ] = 1;
    connection('10.0.0.0', 80, true);
    for (let i = 0; i < 2 * abi.DYNAMIC_ENDPOINTS; i++) {
      core.worker.view.setUint32(facts + 16, i, false);
      pick(object, facts);
    }
    expect(pick(object, connection('10.255.255.255', 80, true))).toBe(inUse);
  });

  test('those of a cluster that has gone go with it', () => {
    const object = publish(0);
    pick(object, connection('10.0.0.1', 80, true));
    core.control.exports.clusterPublish(0, 0);
    later(INTERVAL);
    expect(core.worker.exports.nextTimeout()).toBe(-1);
  });
});
