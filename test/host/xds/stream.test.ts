// One stream to a control plane, on a transport that is only written down.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Message } from '../../../host/config/message.js';
import { BackOff } from '../../../host/xds/back_off.js';
import { CLUSTER, CLUSTER_LOAD_ASSIGNMENT, ROUTE_CONFIGURATION, typeUrlOf } from '../../../host/xds/kinds.js';
import { XdsStream } from '../../../host/xds/stream.js';
import type { StreamConnection, StreamHandlers, Transport } from '../../../host/xds/transport.js';
import {
  deltaResource,
  deltaResponse,
  descriptors,
  encoded,
  receiverOf,
  said,
  sotwResponse,
} from '../../support/discovery.js';
import { assignment, edsCluster } from '../../support/xds_resources.js';

type Json = Record<string, unknown>;

const NODE = { id: 'me', cluster: 'c' };
const BAD = edsCluster('bad', { connect_timeout: '-1s' });

class FakeConnection implements StreamConnection {
  readonly isWritable = true;
  end(): void {}

  readonly sent: Json[] = [];
  isClosed = false;

  constructor(
    private readonly isDelta: boolean,
    readonly handlers: StreamHandlers,
  ) {}

  send(bytes: Uint8Array): void {
    const type = descriptors.type(`envoy.service.discovery.v3.${this.isDelta ? 'Delta' : ''}DiscoveryRequest`);
    this.sent.push(said(type.decode(bytes) as Message)!);
  }

  close(): void {
    this.isClosed = true;
  }

  respond(response: Message): void {
    this.handlers.message(encoded(response));
  }

  /** What has been sent since the last time. */
  take(): Json[] {
    return this.sent.splice(0);
  }
}

class FakeTransport implements Transport {
  readonly name = 'fake';
  readonly connections: FakeConnection[] = [];

  constructor(private readonly isDelta: boolean) {}

  open(_: string, handlers: StreamHandlers): StreamConnection {
    const connection = new FakeConnection(this.isDelta, handlers);
    this.connections.push(connection);
    return connection;
  }

  get last(): FakeConnection {
    return this.connections.at(-1)!;
  }
}

function start({ isDelta = false, nodeOnFirstMessageOnly = false } = {}) {
  const transport = new FakeTransport(isDelta);
  const clusters = receiverOf(CLUSTER);
  const endpoints = receiverOf(CLUSTER_LOAD_ASSIGNMENT, new Set(['a']));
  const log: string[] = [];
  const connected: boolean[] = [];
  const stream = new XdsStream({
    transport,
    method: '/method',
    isDelta,
    descriptors,
    node: NODE as never,
    nodeOnFirstMessageOnly,
    receiver: (kind) => (kind === CLUSTER ? clusters.known : endpoints.known),
    log: (_, text) => log.push(text),
    onConnected: (now) => connected.push(now),
    backOff: new BackOff(500, 4000, () => 1),
  });
  clusters.known.receivers.clear();
  endpoints.known.receivers.clear();
  stream.update(CLUSTER, clusters.receiver);
  tick();
  return { stream, transport, clusters, endpoints, log, connected };
}

/** What is put off to the next turn happens. */
function tick(): void {
  vi.advanceTimersByTime(0);
}

const clusterResponse = (version: string, ...resources: Json[]): Message =>
  sotwResponse(version, `n${version}`, resources, typeUrlOf(CLUSTER));

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('what is subscribed to in one turn goes out in one request for each kind, and each response is answered at once', () => {
  const { stream, transport, clusters, endpoints } = start();
  expect(transport.last.take()).toEqual([{ type_url: typeUrlOf(CLUSTER), node: NODE }]);
  stream.update(CLUSTER_LOAD_ASSIGNMENT, endpoints.receiver);
  endpoints.receiver.names = new Set(['a', 'b']);
  stream.update(CLUSTER_LOAD_ASSIGNMENT, endpoints.receiver);
  tick();
  expect(transport.last.take()).toMatchObject([{ resource_names: ['a', 'b'] }]);
  transport.last.respond(clusterResponse('1', edsCluster('a')));
  expect(transport.last.take()).toMatchObject([{ version_info: '1', response_nonce: 'n1' }]);
  expect([...clusters.sink.serving.keys()]).toEqual(['a']);
  stream.close();
});

for (const [only, nodes] of [
  [true, [true, false]],
  [false, [true, true]],
] as const) {
  test(`set_node_on_first_message_only ${only}: the node stands ${only ? 'in the first request of a stream only' : 'in every request'}`, () => {
    const { stream, transport } = start({ nodeOnFirstMessageOnly: only });
    transport.last.respond(clusterResponse('1'));
    expect(transport.last.take().map((request) => 'node' in request)).toEqual(nodes);
    transport.last.handlers.closed('gone');
    vi.advanceTimersByTime(500);
    expect(transport.last.take().map((request) => 'node' in request)).toEqual([true]);
    stream.close();
  });
}

test('a stream that ends is opened again, each time after twice as long; the first response resets the back-off', () => {
  const { stream, transport, connected } = start();
  for (const [n, wait] of [500, 1000, 2000, 4000, 4000].entries()) {
    transport.last.handlers.closed('gone');
    vi.advanceTimersByTime(wait - 1);
    expect(transport.connections).toHaveLength(n + 1);
    vi.advanceTimersByTime(1);
    expect(transport.connections).toHaveLength(n + 2);
  }
  transport.last.respond(clusterResponse('1'));
  transport.last.handlers.closed('gone');
  vi.advanceTimersByTime(500);
  expect(transport.connections).toHaveLength(7);
  expect(connected.slice(-2)).toEqual([true, false]);
  stream.close();
});

test('what was applied serves on while there is no stream, and the next one says its version', () => {
  const { stream, transport, clusters } = start();
  transport.last.respond(clusterResponse('1', edsCluster('a')));
  transport.last.handlers.closed('gone');
  expect([...clusters.sink.serving.keys()]).toEqual(['a']);
  vi.advanceTimersByTime(500);
  expect(transport.last.take()).toEqual([{ type_url: typeUrlOf(CLUSTER), version_info: '1', node: NODE }]);
  stream.close();
});

test('incremental: the next stream says which versions are there', () => {
  const { stream, transport } = start({ isDelta: true });
  const resource = deltaResource('a', '7', undefined, edsCluster('a'));
  transport.last.respond(deltaResponse('n1', [resource], [], typeUrlOf(CLUSTER)));
  expect(transport.last.take().at(-1)).toMatchObject({ response_nonce: 'n1' });
  transport.last.handlers.closed('gone');
  vi.advanceTimersByTime(500);
  expect(transport.last.take()).toMatchObject([{ initial_resource_versions: { a: '7' } }]);
  stream.close();
});

test('what comes late on a stream that is over is not heard', () => {
  const { stream, transport, clusters } = start();
  const old = transport.last;
  old.handlers.closed('gone');
  vi.advanceTimersByTime(500);
  old.respond(clusterResponse('1', edsCluster('a')));
  old.handlers.closed('gone again');
  expect(clusters.sink.updates).toEqual([]);
  expect(transport.connections).toHaveLength(2);
  stream.close();
});

test('a response of a type that nobody asked for is ignored and not answered', () => {
  const { stream, transport, log } = start();
  transport.last.take();
  for (const type of [typeUrlOf(ROUTE_CONFIGURATION), 'type.googleapis.com/no.such.Type'])
    transport.last.respond(sotwResponse('1', 'n', [], type));
  expect(transport.last.take()).toEqual([]);
  expect(log.filter((text) => text.includes('nobody asked for'))).toHaveLength(2);
  expect(transport.connections).toHaveLength(1);
  stream.close();
});

test('a stream of one kind may leave the type URL out', () => {
  const { stream, transport, clusters } = start();
  transport.last.respond(sotwResponse('1', 'n', [edsCluster('a')]));
  expect([...clusters.sink.serving.keys()]).toEqual(['a']);
  stream.close();
});

test('bytes that are no response end the stream, which is opened again, and nothing is lost', () => {
  const { stream, transport, clusters } = start();
  transport.last.respond(clusterResponse('1', edsCluster('a')));
  const before = transport.last;
  before.handlers.message(Buffer.from([0x0a, 0xff, 0xff, 0xff]));
  expect(before.isClosed).toBe(true);
  expect([...clusters.sink.serving.keys()]).toEqual(['a']);
  vi.advanceTimersByTime(500);
  expect(transport.connections).toHaveLength(2);
  stream.close();
});

test('the same NACK again waits a second, however often the response comes; another answer does not', () => {
  const { stream, transport } = start();
  transport.last.take();
  transport.last.respond(clusterResponse('1', BAD));
  expect(transport.last.take()).toHaveLength(1);
  for (const version of ['2', '3']) transport.last.respond(clusterResponse(version, BAD));
  vi.advanceTimersByTime(999);
  expect(transport.last.take()).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(transport.last.take()).toMatchObject([{ response_nonce: 'n3', error_detail: { code: 3 } }]);
  stream.close();
});

test('a response that is good after a NACK is accepted', () => {
  const { stream, transport, clusters } = start();
  transport.last.respond(clusterResponse('1', edsCluster('a'), BAD));
  transport.last.take();
  transport.last.respond(clusterResponse('2', edsCluster('a'), edsCluster('bad')));
  expect(transport.last.take()).toMatchObject([{ version_info: '2', response_nonce: 'n2' }]);
  expect([...clusters.sink.serving.keys()]).toEqual(['a', 'bad']);
  stream.close();
});

test('who joins later is given what the stream has already, after the call has returned', () => {
  const { stream, transport, endpoints } = start();
  stream.update(CLUSTER_LOAD_ASSIGNMENT, endpoints.receiver);
  tick();
  transport.last.respond(sotwResponse('1', 'n', [assignment('a', 1)], typeUrlOf(CLUSTER_LOAD_ASSIGNMENT)));
  const later = receiverOf(CLUSTER_LOAD_ASSIGNMENT, new Set(['a']));
  stream.update(CLUSTER_LOAD_ASSIGNMENT, later.receiver);
  expect(later.sink.updates).toEqual([]);
  tick();
  expect(later.sink.updates).toEqual([{ changed: ['a'], removed: [], version: '1' }]);
  stream.close();
});

test('a stream that is closed says no more, opens no more, and leaves no connection behind', () => {
  const { stream, transport, connected } = start();
  transport.last.respond(clusterResponse('1', BAD));
  transport.last.respond(clusterResponse('2', BAD));
  stream.close();
  expect([transport.last.isClosed, connected.at(-1)]).toEqual([true, false]);
  transport.last.take();
  vi.advanceTimersByTime(100_000);
  expect(transport.last.take()).toEqual([]);
  expect(transport.connections).toHaveLength(1);
});
