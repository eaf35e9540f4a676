// Endpoints of the worker's own making, with connections.
import { beforeEach, expect, test } from 'vitest';
import * as abi from '../../../assembly/abi.js';
import { encodeAddress, ipAddress } from '../../../host/io/address.js';
import { CLEANUP_INTERVAL, ConnectionWorld } from '../../support/connection_world.js';
import { SimulatedHost, type SimulatedSocket } from '../../support/simulated_host.js';

const FACT_RESTORED = 8;
const FACTS_FLAGS = 57; // offset of ConnFacts.flags
const OK = Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');

const world = new ConnectionWorld();
let host: SimulatedHost;
let upstreams: SimulatedSocket[];

beforeEach(() => {
  world.reset(1);
  host = new SimulatedHost(world.t, () => 1);
  host.generous = true;
  upstreams = [];
  host.onConnect = (socket) => upstreams.push(socket);
});

function settle(): void {
  for (const u of upstreams) {
    if (!u.connecting) continue;
    u.connecting = false;
    u.events.add('out');
  }
  do host.turn();
  while (host.busy);
}

function ask(client: SimulatedSocket, to: string, path = '/far/1'): void {
  client.write(Buffer.from(`GET ${path} HTTP/1.1\r\nHost: a\r\nX-To: ${to}\r\n\r\n`));
  host.turn();
  settle();
}

/** The endpoint that was asked last answers. */
function answer(client: SimulatedSocket): string {
  const asked = upstreams.find((u) => !u.closed && u.taken.length !== 0);
  asked?.read();
  asked?.write(OK);
  settle();
  return client.read().toString('latin1').slice(0, 12);
}

function askTold(client: SimulatedSocket, times: number): void {
  for (let i = 0; i < times; i++) {
    ask(client, '-', '/told/1');
    expect(answer(client)).toBe('HTTP/1.1 200');
  }
}

function openUpstreams(): number {
  return upstreams.filter((u) => !u.closed).length;
}

function pass(ms: number): void {
  host.tick(ms);
  settle();
}

test('an idle connection keeps its endpoint, and serves the next request to it', () => {
  const client = host.accept(0, 40000);
  for (let i = 0; i < 3; i++) {
    ask(client, '10.0.0.1:80');
    expect(answer(client)).toBe('HTTP/1.1 200');
    pass(2 * CLEANUP_INTERVAL);
  }
  expect(upstreams.length).toBe(1);
});

// Endpoints 10.1.0.0:80 and on, as if each had a request, until the table is full.
function fillTable(): void {
  const { W, worker, control } = world.t;
  const [facts, peer] = [W + abi.W_HOST, W + abi.W_HOST + 128];
  const far = control.u32[(abi.CLUSTER_DIR >> 2) + 2];
  for (let i = 0; worker.u32[(W + abi.WORKER_DYNAMIC_COUNT) >> 2] < abi.DYNAMIC_ENDPOINTS; i++) {
    encodeAddress(worker.view, peer, ipAddress(`10.1.${i >> 8}.${i & 255}`, 80)!);
    worker.exports.factsInit(facts, peer, peer, false);
    worker.u8[facts + FACTS_FLAGS] |= FACT_RESTORED;
    const id = worker.u32[worker.exports.pickOriginalDst(far as never, facts, 0) >> 2];
    worker.u32[(W + abi.W_ENDPOINT_STATE + id * abi.ENDPOINT_STATE_SIZE + abi.ENDPOINT_STATE_ACTIVE) >> 2] = 1;
  }
}

test('a full table takes the place of an endpoint that has only idle connections', () => {
  const client = host.accept(0, 40000);
  for (let i = 0; i < 20; i++) {
    ask(client, `10.0.0.${i}:80`);
    expect(answer(client)).toBe('HTTP/1.1 200');
  }
  fillTable();
  for (let i = 0; i < 10; i++) {
    ask(client, `10.0.1.${i}:80`);
    expect(answer(client)).toBe('HTTP/1.1 200');
  }
  expect(upstreams.length).toBe(30);
  expect(openUpstreams()).toBe(20);
});

test('a full table of what is in use answers like a cluster without endpoints', () => {
  const client = host.accept(0, 40000);
  fillTable();
  ask(client, '10.0.0.1:80');
  expect(client.read().toString('latin1')).toMatch(/^HTTP\/1\.1 503 [^]*no healthy upstream$/);
});

test('a connection with a PROXY header is one client’s alone, and goes with it', () => {
  const [a, b] = [host.accept(0, 40000), host.accept(0, 40001)];
  askTold(a, 4); // two endpoints, in turn
  askTold(b, 4);
  expect(openUpstreams()).toBe(4);
  a.end();
  settle();
  pass(1100);
  expect(openUpstreams()).toBe(2);
  askTold(b, 2);
  expect(upstreams.length).toBe(4);
});

test('an endpoint that leaves its cluster takes the connections of all clients along', () => {
  const clients = [host.accept(0, 40000), host.accept(0, 40001)];
  for (const client of clients) {
    for (let i = 0; i < 2; i++) {
      ask(client, '-', '/told/1');
      answer(client);
    }
  }
  const first = 3 * 2; // ids are cluster index * 2 and on
  expect(world.t.worker.exports.onEndpointRemoved(first)).toBe(0);
  host.runCommands();
  expect(openUpstreams()).toBe(2);
  for (const client of clients) {
    ask(client, '-', '/told/1');
    expect(answer(client)).toBe('HTTP/1.1 200');
  }
});

test('when a cluster goes its idle connections go at once, and those in use when they are done', () => {
  const [idle, busy] = [host.accept(0, 40000), host.accept(0, 40001)];
  ask(idle, '10.0.0.1:80');
  answer(idle);
  ask(busy, '10.0.0.2:80');
  const { control, worker } = world.t;
  const far = 2;
  const object = control.u32[(abi.CLUSTER_DIR >> 2) + far];
  control.u32[(abi.CLUSTER_DIR >> 2) + far] = 0;
  worker.exports.onClusterLeft(far);
  settle();
  expect(openUpstreams()).toBe(1);
  expect(answer(busy)).toBe('HTTP/1.1 200');
  expect(openUpstreams()).toBe(0);
  pass(1000);
  control.u32[(abi.CLUSTER_DIR >> 2) + far] = object;
});
