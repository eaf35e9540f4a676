// The two variants of the xDS protocol, as conversations: what is wanted, what comes, and what is said. No I/O.
// https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol
import { expect, test } from 'vitest';
import { DeltaState } from '../../../host/xds/delta.js';
import { CLUSTER, CLUSTER_LOAD_ASSIGNMENT, ROUTE_CONFIGURATION, typeUrlOf } from '../../../host/xds/kinds.js';
import type { Outcome, TypeState } from '../../../host/xds/protocol.js';
import { SotwState } from '../../../host/xds/sotw.js';
import { deltaResource, deltaResponse, descriptors, said, sotwResponse, wrapper } from '../../support/discovery.js';
import { assignment, edsCluster } from '../../support/xds_resources.js';

const ROUTES = { type_url: typeUrlOf(ROUTE_CONFIGURATION) };
const CLUSTERS = { type_url: typeUrlOf(CLUSTER) };

/** Everything that is to be said now. */
function requests(state: TypeState): unknown[] {
  const list: unknown[] = [];
  for (let next = state.next(); next; next = state.next()) list.push(said(next));
  return list;
}

function outcome(accepted: Record<string, string>, more: Partial<Outcome> = {}): Outcome {
  return { accepted: new Map(Object.entries(accepted)), removed: [], error: undefined, ...more };
}

const sotw = (kind = ROUTE_CONFIGURATION): SotwState => new SotwState(kind, descriptors);
const delta = (kind = ROUTE_CONFIGURATION): DeltaState => new DeltaState(kind, descriptors);

/** The state of a stream that has asked for these names. */
function asked<T extends TypeState>(state: T, ...names: string[]): T {
  state.want(new Set(names));
  state.opened();
  requests(state);
  return state;
}

/** A response comes; `result` became of it. */
function answer(state: SotwState, version: string, nonce: string, result: Outcome): void {
  state.read(sotwResponse(version, nonce, []));
  state.settle(result);
}

function deltaAnswer(state: DeltaState, nonce: string, result: Outcome): void {
  state.read(deltaResponse(nonce, []));
  state.settle(result);
}

for (const [variant, make] of [
  ['state of the world', sotw],
  ['incremental', delta],
] as const) {
  test(`${variant}: nothing is said of a kind that nobody wants, and taking back what was never asked for is nothing`, () => {
    const state = make();
    state.opened();
    expect(requests(state)).toEqual([]);
    state.want(new Set());
    expect(requests(state)).toEqual([]);
    expect(state.isActive).toBe(false);
  });

  test(`${variant}: a new stream without names asks for nothing, because its first request would ask for everything`, () => {
    const state = asked(make(), 'a');
    state.want(new Set());
    expect(requests(state)).toHaveLength(1);
    state.opened();
    expect(requests(state)).toEqual([]);
    state.want(new Set(['b']));
    expect(requests(state)).toHaveLength(1);
  });

  test(`${variant}: the text of a NACK is bounded`, () => {
    const state = asked(make(), 'a');
    const result = outcome({}, { error: 'x'.repeat(1 << 20) });
    if (state instanceof SotwState) answer(state, '1', 'n', result);
    else deltaAnswer(state, 'n', result);
    const [nack] = requests(state) as { error_detail: { code: number; message: string } }[];
    expect(nack.error_detail.code).toBe(3);
    expect(nack.error_detail.message.length).toBeLessThan(20_000);
  });
}

test('state of the world: the first request has names and neither version nor nonce', () => {
  const state = sotw();
  state.want(new Set(['a', 'b']));
  state.opened();
  expect(requests(state)).toEqual([{ ...ROUTES, resource_names: ['a', 'b'] }]);
});

test('state of the world: a collection is asked for without names', () => {
  const state = sotw(CLUSTER);
  state.want(undefined);
  state.opened();
  expect(requests(state)).toEqual([CLUSTERS]);
});

test('state of the world: an ACK has version and nonce of the response', () => {
  const state = asked(sotw(), 'a');
  answer(state, '1', 'n1', outcome({ a: '1' }));
  expect(requests(state)).toEqual([{ ...ROUTES, resource_names: ['a'], version_info: '1', response_nonce: 'n1' }]);
  expect(requests(state)).toEqual([]);
});

test('state of the world: a NACK has the version before, the nonce of the response, and why; what follows has no error', () => {
  const state = asked(sotw(), 'a');
  answer(state, '1', 'n1', outcome({ a: '1' }));
  requests(state);
  answer(state, '2', 'n2', outcome({}, { error: 'bad' }));
  const nack = { ...ROUTES, resource_names: ['a'], version_info: '1', response_nonce: 'n2' };
  expect(requests(state)).toEqual([{ ...nack, error_detail: { code: 3, message: 'bad' } }]);
  state.want(new Set(['a', 'b']));
  expect(requests(state)).toEqual([{ ...nack, resource_names: ['a', 'b'] }]);
  answer(state, '3', 'n3', outcome({ a: '3', b: '3' }));
  const ack = { ...ROUTES, resource_names: ['a', 'b'], version_info: '3', response_nonce: 'n3' };
  expect(requests(state)).toEqual([ack]);
});

test('state of the world: a NACK of the very first response has no version', () => {
  const state = asked(sotw(), 'a');
  answer(state, '1', 'n1', outcome({}, { error: 'bad' }));
  const error_detail = { code: 3, message: 'bad' };
  expect(requests(state)).toEqual([{ ...ROUTES, resource_names: ['a'], response_nonce: 'n1', error_detail }]);
});

test('state of the world: other names are asked for with the version and nonce of the last response; the same names are not', () => {
  const state = asked(sotw(), 'a');
  answer(state, '1', 'n1', outcome({ a: '1' }));
  requests(state);
  state.want(new Set(['a']));
  expect(requests(state)).toEqual([]);
  state.want(new Set(['b']));
  expect(requests(state)).toEqual([{ ...ROUTES, resource_names: ['b'], version_info: '1', response_nonce: 'n1' }]);
});

test('state of the world: a new stream says the version that was accepted last, and no nonce of the old one', () => {
  const state = asked(sotw(), 'a');
  answer(state, '1', 'n1', outcome({ a: '1' }));
  answer(state, '2', 'n2', outcome({}, { error: 'bad' }));
  state.opened();
  expect(requests(state)).toEqual([{ ...ROUTES, resource_names: ['a'], version_info: '1' }]);
});

test('state of the world: a resource whose time to live is over is asked for again as if no version had come', () => {
  const state = asked(sotw(), 'a');
  answer(state, '1', 'n1', outcome({ a: '1' }));
  state.forget();
  state.opened();
  expect(requests(state)).toEqual([{ ...ROUTES, resource_names: ['a'] }]);
});

test('state of the world: a wrapped resource has its own version and time to live, one without a resource is a heartbeat', () => {
  const response = sotwResponse('7', 'n', [
    wrapper('a', '3', '1.5s', assignment('a', 1)),
    wrapper('b', '', undefined, assignment('b', 1)),
    wrapper('c', '3', '2s'),
    assignment('d', 1),
  ]);
  const { resources, version, isWhole } = sotw(CLUSTER_LOAD_ASSIGNMENT).read(response);
  expect(resources.map(({ any, ...rest }) => ({ ...rest, hasResource: any !== undefined }))).toEqual([
    { name: 'a', version: '3', ttl: 1500, hasResource: true },
    { name: 'b', version: '7', ttl: undefined, hasResource: true },
    { name: 'c', version: '3', ttl: 2000, hasResource: false },
    { name: '', version: '7', ttl: undefined, hasResource: true },
  ]);
  expect({ version, isWhole }).toEqual({ version: '7', isWhole: false });
  expect(sotw(CLUSTER).read(sotwResponse('1', 'n', [edsCluster('a')])).isWhole).toBe(true);
});

test('incremental: the first request subscribes to the names, for a collection to nothing', () => {
  const named = delta();
  named.want(new Set(['a', 'b']));
  named.opened();
  expect(requests(named)).toEqual([{ ...ROUTES, resource_names_subscribe: ['a', 'b'] }]);
  const all = delta(CLUSTER);
  all.want(undefined);
  all.opened();
  expect(requests(all)).toEqual([CLUSTERS]);
  expect(requests(all)).toEqual([]);
});

test('incremental: only what is new is subscribed to, what is no longer wanted is unsubscribed from', () => {
  const state = asked(delta(), 'a', 'b');
  state.want(new Set(['b', 'c']));
  const change = { resource_names_subscribe: ['c'], resource_names_unsubscribe: ['a'] };
  expect(requests(state)).toEqual([{ ...ROUTES, ...change }]);
  state.want(new Set(['b', 'c']));
  expect(requests(state)).toEqual([]);
});

test('incremental: every response is answered with its nonce, in order, a NACK with why', () => {
  const state = asked(delta(), 'a');
  deltaAnswer(state, 'n1', outcome({ a: '1' }));
  deltaAnswer(state, 'n2', outcome({}, { error: 'bad' }));
  expect(requests(state)).toEqual([
    { ...ROUTES, response_nonce: 'n1' },
    { ...ROUTES, response_nonce: 'n2', error_detail: { code: 3, message: 'bad' } },
  ]);
});

test('incremental: a new stream says which versions are there, of what is still wanted, and of what was not removed or refused', () => {
  const state = asked(delta(), 'a', 'b', 'c', 'd', 'e');
  deltaAnswer(state, 'n1', outcome({ a: '1', b: '1', c: '1', d: '1' }));
  deltaAnswer(state, 'n2', outcome({ a: '2' }, { removed: ['b'], error: 'e is bad' }));
  state.want(new Set(['a', 'b', 'd', 'e']));
  state.forget('d');
  state.opened();
  expect(requests(state)).toEqual([
    { ...ROUTES, resource_names_subscribe: ['a', 'b', 'd', 'e'], initial_resource_versions: { a: '2' } },
  ]);
  deltaAnswer(state, 'n3', outcome({ b: '3' }));
  expect(requests(state)).toEqual([{ ...ROUTES, response_nonce: 'n3' }]);
});

test('incremental: resources, removed names and time to live are read', () => {
  const resource = deltaResource('a', '3', '1s', assignment('a', 1));
  const read = delta(CLUSTER_LOAD_ASSIGNMENT).read(deltaResponse('n', [resource], ['x', 'y']));
  expect(read.resources.map(({ name, version, ttl }) => [name, version, ttl])).toEqual([['a', '3', 1000]]);
  expect(read.removed).toEqual(['x', 'y']);
  expect(read.isWhole).toBe(false);
});
