// What becomes of the resources of a response: the bad ones are refused alone, and what was there serves on.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { finding } from '../../../host/config/finding.js';
import { DeltaState } from '../../../host/xds/delta.js';
import { CLUSTER, CLUSTER_LOAD_ASSIGNMENT, typeUrlOf, type ResourceKind } from '../../../host/xds/kinds.js';
import type { Outcome } from '../../../host/xds/protocol.js';
import { MAX_REFUSED, type KindReceiver, type Receiver } from '../../../host/xds/receiver.js';
import { SotwState } from '../../../host/xds/sotw.js';
import type { Sink } from '../../../host/xds/subscription.js';
import type { Message } from '../../../host/config/message.js';
import {
  deltaResource,
  deltaResponse,
  descriptors,
  encoded,
  RecordingSink,
  receiverOf,
  sotwResponse,
  wrapper,
} from '../../support/discovery.js';
import { assignment, edsCluster } from '../../support/xds_resources.js';

type Json = Record<string, unknown>;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const BAD = edsCluster('bad', { connect_timeout: '-1s' });
const NO_CLUSTER = Buffer.from([0x0a, 0xff]); // a name that is longer than the bytes

function whole(known: KindReceiver, version: string, ...resources: Json[]): Outcome {
  return known.receive(new SotwState(known.kind, descriptors).read(sotwResponse(version, 'n', resources)));
}

function delta(known: KindReceiver, resources: Json[], removed: string[] = []): Outcome {
  return known.receive(new DeltaState(known.kind, descriptors).read(deltaResponse('n', resources, removed)));
}

/** The bytes of a cluster that cannot be decoded, among good ones. */
function broken(known: KindReceiver, version: string, ...resources: Json[]): Outcome {
  const update = new SotwState(known.kind, descriptors).read(sotwResponse(version, 'n', resources));
  const any = descriptors.type('google.protobuf.Any').create({ type_url: typeUrlOf(CLUSTER), value: NO_CLUSTER });
  const raw = { name: '', version, any: any as never, ttl: undefined };
  return known.receive({ ...update, resources: [raw, ...update.resources] });
}

const named = (kind: ResourceKind, ...names: string[]) => receiverOf(kind, new Set(names));

test('the good resources of a response are applied, the bad one is refused with its path, value and what is allowed', () => {
  const { known, sink } = receiverOf(CLUSTER);
  const outcome = whole(known, '1', edsCluster('a'), BAD, edsCluster('b'));
  expect([...sink.serving.keys()]).toEqual(['a', 'b']);
  expect([...outcome.accepted]).toEqual(Object.entries({ a: '1', b: '1' }));
  expect(outcome.error).toMatch(/^CDS bad connect_timeout: .*WEFT/);
  expect([...known.refused.keys()]).toEqual(['bad']);
  expect(known.counters).toMatchObject({ rejected: 1, success: 0 });
  expect(known.version).toBe('');
});

test('what the sink refuses is in the NACK, and is not accepted', () => {
  const { known, sink } = receiverOf(CLUSTER);
  sink.refuses.set('a', [finding('WEFT1301', 'type', 'no')]);
  const { accepted, error } = whole(known, '1', edsCluster('a'), edsCluster('b'));
  expect([...accepted.keys()]).toEqual(['b']);
  expect(error).toBe('CDS a type: no [WEFT1301]');
  sink.refuses.clear();
  expect(whole(known, '2', edsCluster('a'), edsCluster('b')).error).toBeUndefined();
  expect(known.refused.size).toBe(0);
});

test('a new version of a cluster that is refused leaves the old one, and does not count as removed', () => {
  const { known, sink } = receiverOf(CLUSTER);
  whole(known, '1', edsCluster('bad'), edsCluster('a'));
  const outcome = whole(known, '2', BAD, edsCluster('a'));
  expect(outcome.removed).toEqual([]);
  expect([...sink.serving.keys()]).toEqual(['bad', 'a']);
});

test('what a whole collection does not repeat is removed, once, and what was refused before is forgotten', () => {
  const { known, sink } = receiverOf(CLUSTER);
  whole(known, '1', edsCluster('a'), edsCluster('b'), BAD);
  expect(whole(known, '2', edsCluster('a')).removed.toSorted()).toEqual(['b', 'bad']);
  expect([...sink.serving.keys()]).toEqual(['a']);
  expect(known.refused.size).toBe(0);
  expect(whole(known, '3', edsCluster('a')).removed).toEqual([]);
});

test('names that are refused and never come again do not pile up', () => {
  const { known } = receiverOf(CLUSTER);
  for (let i = 0; i < 50; i++) whole(known, `${i}`, edsCluster(`bad${i}`, { connect_timeout: '-1s' }));
  expect([...known.refused.keys()]).toEqual(['bad49']);
});

function wrappedBad(name: string): Json {
  return deltaResource(name, '1', undefined, edsCluster(name, { connect_timeout: '-1s' }));
}

test('of what an incremental server invents and nobody can use, only the last is remembered', () => {
  const { known } = receiverOf(CLUSTER);
  for (let i = 0; i < 3; i++)
    delta(
      known,
      Array.from({ length: MAX_REFUSED / 2 }, (_, n) => wrappedBad(`x${i}-${n}`)),
    );
  expect(known.refused.size).toBe(MAX_REFUSED);
  expect([known.refused.has('x0-0'), known.refused.has('x2-0')]).toEqual([false, true]);
});

test('a resource whose bytes cannot be read takes nothing away: it may be any of those that are not there', () => {
  const { known, sink } = receiverOf(CLUSTER);
  whole(known, '1', edsCluster('a'), edsCluster('b'));
  const outcome = broken(known, '2', edsCluster('a'));
  expect(outcome.removed).toEqual([]);
  expect(outcome.error).toContain('the bytes are no envoy.config.cluster.v3.Cluster');
  expect([...sink.serving.keys()]).toEqual(['a', 'b']);
  whole(known, '3', edsCluster('a'));
  expect(known.refused.size).toBe(0);
  expect([...sink.serving.keys()]).toEqual(['a']);
});

test('a resource of another type is refused', () => {
  const { known, sink } = receiverOf(CLUSTER);
  const { error } = whole(known, '1', edsCluster('a'), assignment('b', 1));
  expect(error).toContain('a resource of CDS is a envoy.config.cluster.v3.Cluster');
  expect([...sink.serving.keys()]).toEqual(['a']);
});

test('the second of a name is refused; the first serves, and goes when it is no longer there', () => {
  const { known, sink } = receiverOf(CLUSTER);
  const { accepted, error } = whole(known, '1', edsCluster('a'), edsCluster('a', { connect_timeout: '2s' }));
  expect(error).toBe('CDS a: CDS sent a twice in one response [WEFT1402]');
  expect([...accepted.keys()]).toEqual(['a']);
  expect(known.refused.has('a')).toBe(true);
  expect(whole(known, '2').removed).toEqual(['a']);
  expect(sink.serving.size).toBe(0);
});

test('a kind that is asked for by name loses nothing by a response that does not repeat it', () => {
  const { known, sink } = named(CLUSTER_LOAD_ASSIGNMENT, 'a', 'b');
  whole(known, '1', assignment('a', 1));
  expect(whole(known, '2', assignment('b', 1)).removed).toEqual([]);
  expect([...sink.serving.keys()]).toEqual(['a', 'b']);
});

test('what nobody asked for is neither given to anybody nor kept', () => {
  const { known, sink } = named(CLUSTER_LOAD_ASSIGNMENT, 'a');
  const { accepted, error } = whole(known, '1', assignment('a', 1), assignment('x', 1));
  expect([...accepted.keys()]).toEqual(['a']);
  expect(error).toBeUndefined();
  expect(known.has('x')).toBe(false);
  expect([...sink.serving.keys()]).toEqual(['a']);
});

test('whoever asks later for what others have already is given it, once; what all have left must be sent again', () => {
  const { known, receiver } = named(CLUSTER_LOAD_ASSIGNMENT, 'a', 'b');
  whole(known, '1', assignment('a', 1), assignment('b', 2));
  const sink = new RecordingSink();
  const later: Receiver = { sink: sink as Sink<never>, names: new Set(['b', 'c']) };
  known.receivers.add(later);
  known.replay(later);
  known.replay(later);
  expect(sink.updates).toEqual([{ changed: ['b'], removed: [], version: '1' }]);
  known.receivers.delete(receiver);
  known.retain();
  expect([known.has('a'), known.has('b')]).toEqual([false, true]);
});

test('a sink that throws is refused like a bad resource, and others are served', () => {
  const { known, receiver, warnings } = receiverOf(CLUSTER);
  known.receivers.delete(receiver);
  const fails: Sink = {
    update: () => {
      throw new Error('more than 1 clusters');
    },
    timedOut: () => undefined,
  };
  known.receivers.add({ sink: fails as Sink<never>, names: undefined });
  known.receivers.add(receiver);
  const { error, accepted } = whole(known, '1', edsCluster('a'));
  expect(error).toContain('CDS a: it cannot be applied: more than 1 clusters');
  expect(accepted.size).toBe(0);
  expect((receiver.sink as unknown as RecordingSink).serving.has('a')).toBe(true);
  expect(warnings).toHaveLength(1);
});

/** How often the bytes of a resource of `kind` are decoded from now on. */
function decodings(kind: ResourceKind) {
  return vi.spyOn(descriptors.type(kind.typeName), 'decode');
}

test('a resource that comes again with the bytes that are known is neither decoded nor applied again, and is there all the same', () => {
  const { known, sink } = receiverOf(CLUSTER);
  whole(known, '1', edsCluster('a'), edsCluster('b'));
  const decoded = decodings(CLUSTER);
  const { accepted, removed, error } = whole(known, '2', edsCluster('a'), edsCluster('b', { connect_timeout: '2s' }));
  expect([[...accepted], removed, error]).toEqual([Object.entries({ a: '2', b: '2' }), [], undefined]);
  expect(sink.updates.at(-1)).toEqual({ changed: ['b'], removed: [], version: '2' });
  expect(decoded).toHaveBeenCalledOnce();
  expect(whole(known, '3', edsCluster('a'), edsCluster('a')).error).toContain('CDS sent a twice');
});

function textFields(...pieces: [tag: number, text: string][]): Buffer {
  return Buffer.concat(pieces.map(([tag, text]) => Buffer.from([tag, text.length, ...Buffer.from(text)])));
}

test('a name that does not stand at the front is found by decoding, and two names in one resource count as the last', () => {
  const { known, sink } = receiverOf(CLUSTER);
  const send = (value: Buffer) => {
    const any = descriptors.type('google.protobuf.Any').create({ type_url: typeUrlOf(CLUSTER), value });
    const resources = [{ name: '', version: '1', any: any as never, ttl: undefined }];
    return known.receive({ resources, removed: [], version: '1', isWhole: false });
  };
  const [NAME, ALT_NAME] = [0x0a, 0xe2];
  const altFirst = Buffer.concat([Buffer.from([ALT_NAME, 0x01, 1, 0x78]), textFields([NAME, 'a'])]);
  for (const value of [altFirst, altFirst, textFields([NAME, 'x'], [NAME, 'b']), textFields([NAME, 'x'], [NAME, 'b'])])
    send(value);
  expect([...sink.serving.keys()]).toEqual(['a', 'b']);
  expect(known.has('x')).toBe(false);
});

test('what was refused for its bytes alone is refused again without a look, and may be mended', () => {
  const { known } = receiverOf(CLUSTER);
  const first = whole(known, '1', edsCluster('a'), BAD);
  const decoded = decodings(CLUSTER);
  const again = whole(known, '2', edsCluster('a'), BAD);
  expect(again.error).toBe(first.error);
  expect(decoded).not.toHaveBeenCalled();
  expect(known.refused.get('bad')).toMatchObject({ version: '2' });
  expect(whole(known, '3', edsCluster('a'), edsCluster('bad')).error).toBeUndefined();
});

test('what a sink refused is given to it again: the reason may lie in something else', () => {
  const { known, sink } = receiverOf(CLUSTER);
  sink.refuses.set('a', [finding('WEFT1501', 'address', 'taken')]);
  expect(whole(known, '1', edsCluster('a')).error).toBeDefined();
  sink.refuses.clear();
  expect(whole(known, '1', edsCluster('a')).error).toBeUndefined();
  expect(sink.serving.has('a')).toBe(true);
});

test('after a sink that threw, the bytes of before are something new to it', () => {
  const { known, receiver, sink } = receiverOf(CLUSTER);
  whole(known, '1', edsCluster('a'));
  const update = vi.spyOn(receiver.sink, 'update').mockImplementation(() => {
    throw new Error('half-way');
  });
  whole(known, '2', edsCluster('a', { connect_timeout: '2s' }));
  update.mockRestore();
  sink.updates.length = 0;
  whole(known, '3', edsCluster('a'));
  expect(sink.updates).toEqual([{ changed: ['a'], removed: [], version: '3' }]);
});

test('what is kept of a resource does not keep its response', () => {
  const { known, receiver } = receiverOf(CLUSTER);
  const kept: Uint8Array[] = [];
  vi.spyOn(receiver.sink, 'update').mockImplementation(({ changed }) => {
    for (const { bytes } of changed) kept.push(bytes);
    return [];
  });
  const response = descriptors.type('envoy.service.discovery.v3.DiscoveryResponse');
  const bytes = Buffer.from(encoded(sotwResponse('1', 'n', [edsCluster('a'), edsCluster('b')])));
  known.receive(new SotwState(CLUSTER, descriptors).read(response.decode(bytes) as Message));
  expect(kept).toHaveLength(2);
  for (const each of kept) expect(each.buffer.byteLength).toBe(each.length);
});

test('a response is decoded one resource at a time, as the sink takes them', () => {
  const { known, receiver } = receiverOf(CLUSTER);
  const decoded = decodings(CLUSTER);
  const counts: number[] = [];
  vi.spyOn(receiver.sink, 'update').mockImplementation(({ changed }) => {
    for (const _ of changed) counts.push(decoded.mock.calls.length);
    return [];
  });
  whole(known, '1', edsCluster('a'), BAD, edsCluster('b'), edsCluster('c'));
  expect(counts).toEqual([1, 3, 4]);
});

test('a name that is given up and asked for again in one go is given again', () => {
  const { known, receiver, sink } = named(CLUSTER_LOAD_ASSIGNMENT, 'a', 'b');
  whole(known, '1', assignment('a', 1), assignment('b', 2));
  known.replay(receiver);
  for (const names of [['b'], ['a', 'b']]) {
    receiver.names = new Set(names);
    known.add(receiver);
  }
  known.retain();
  sink.updates.length = 0;
  known.replay(receiver);
  expect(sink.updates).toEqual([{ changed: ['a'], removed: [], version: '1' }]);
});

test('incremental: removed names go, everything else stays', () => {
  const { known, sink } = receiverOf(CLUSTER);
  delta(known, [
    deltaResource('a', '1', undefined, edsCluster('a')),
    deltaResource('b', '4', undefined, edsCluster('b')),
  ]);
  const { accepted, removed } = delta(known, [deltaResource('a', '2', undefined, edsCluster('a'))], ['b', 'never']);
  expect([...accepted]).toEqual([['a', '2']]);
  expect(removed).toEqual(['b', 'never']);
  expect([...sink.serving.keys()]).toEqual(['a']);
});

test('a resource goes when its time to live is over, unless a heartbeat or the resource itself comes before', () => {
  const { known, sink, warnings } = named(CLUSTER_LOAD_ASSIGNMENT, 'a');
  const expired: string[] = [];
  known.onExpired = (name) => expired.push(name);
  delta(known, [deltaResource('a', '1', '1s', assignment('a', 1))]);
  vi.advanceTimersByTime(900);
  expect([...delta(known, [deltaResource('a', '', '1s')]).accepted]).toEqual([['a', '1']]);
  vi.advanceTimersByTime(900);
  delta(known, [deltaResource('a', '2', '1s', assignment('a', 2))]);
  vi.advanceTimersByTime(900);
  expect([sink.serving.has('a'), expired]).toEqual([true, []]);
  vi.advanceTimersByTime(200);
  expect([sink.serving.has('a'), expired, known.has('a')]).toEqual([false, ['a'], false]);
  expect(warnings).toEqual(['EDS a: its time to live is over']);
});

test('a resource that comes again without a time to live stays for ever', () => {
  const { known, sink } = named(CLUSTER_LOAD_ASSIGNMENT, 'a');
  delta(known, [deltaResource('a', '1', '1s', assignment('a', 1))]);
  delta(known, [deltaResource('a', '2', undefined, assignment('a', 1))]);
  vi.advanceTimersByTime(100_000);
  expect(sink.serving.has('a')).toBe(true);
});

test('heartbeats of a whole collection take nothing away, and one of a name that is not there is nothing', () => {
  const { known, sink } = receiverOf(CLUSTER);
  whole(known, '1', edsCluster('a'), wrapper('b', '1', '1s', edsCluster('b')));
  const { accepted, removed, error } = whole(known, '1', wrapper('b', '', '1s'), wrapper('x', '', '1s'));
  expect([[...accepted], removed, error]).toEqual([[['b', '1']], [], undefined]);
  expect([...sink.serving.keys()]).toEqual(['a', 'b']);
  expect(vi.getTimerCount()).toBe(1);
});

test('closing ends every timer and forgets what was there, so that a later stream starts anew', () => {
  const { known } = named(CLUSTER_LOAD_ASSIGNMENT, 'a');
  delta(known, [deltaResource('a', '1', '1s', assignment('a', 1))]);
  known.close();
  expect(vi.getTimerCount()).toBe(0);
  expect(known.has('a')).toBe(false);
});
