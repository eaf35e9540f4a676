// The server's side of the protocol as conversations with one client. No I/O.
// https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol
import { describe, expect, test } from 'vitest';
import type { Message } from '../../../host/config/message.js';
import { SotwServerState } from '../../../host/dev/sotw_server.js';
import { CLUSTER, CLUSTER_LOAD_ASSIGNMENT, LISTENER, ROUTE_CONFIGURATION, typeUrlOf } from '../../../host/xds/kinds.js';
import { Conversation, served, sotwRequest } from '../../support/dev.js';
import { descriptors } from '../../support/discovery.js';

const clusters = (...texts: string[]) => served(CLUSTER, ...texts);
const routes = (...texts: string[]) => served(ROUTE_CONFIGURATION, ...texts);
const error_detail = { code: 3, message: 'CDS a lb_policy: no\nCDS b: neither' };

const clustersOf = (...texts: string[]) => new Conversation(CLUSTER, false, clusters(...texts));
const routesOf = (...texts: string[]) => new Conversation(ROUTE_CONFIGURATION, false, routes(...texts));
const deltaClusters = (...texts: string[]) => new Conversation(CLUSTER, true, clusters(...texts));
const assignments = (...texts: string[]) => served(CLUSTER_LOAD_ASSIGNMENT, ...texts);
const assignmentsOf = (...texts: string[]) => new Conversation(CLUSTER_LOAD_ASSIGNMENT, true, assignments(...texts));
const typesOf = (message: Message): unknown[] =>
  (message['resources'] as { type_url: string }[]).map(({ type_url }) => type_url);

describe('state of the world', () => {
  test('nothing is sent before anything is asked for', () => {
    expect(clustersOf('a:1').hears()).toBeUndefined();
  });

  test('a first request without names asks for everything, and hears even that there is nothing', () => {
    const full = clustersOf('a:1', 'b:1');
    expect(full.says({}).subscribed).toEqual(['*']);
    expect(full.hears()).toBe('a b');
    expect(full.hears()).toBeUndefined();
    const empty = clustersOf();
    empty.says({});
    expect(empty.hears()).toBe('nothing');
    expect(empty.hears()).toBeUndefined();
  });

  test('an ACK names the response it answers, and brings no new one', () => {
    const client = clustersOf('a:1');
    client.says({});
    client.hears();
    const { answer, isStale } = client.says({ response_nonce: 'n1', version_info: 'v' });
    expect([answer?.nonce, answer?.names, answer?.error, isStale]).toEqual(['n1', ['a'], undefined, false]);
    expect(client.hears()).toBeUndefined();
    expect(client.state.unanswered).toBe(0);
  });

  test('a NACK keeps its text; what it refused is not sent again until it has changed', () => {
    const client = clustersOf('a:1');
    client.says({});
    client.hears();
    expect(client.says({ response_nonce: 'n1', error_detail }).answer?.error).toBe(error_detail.message);
    expect(client.hears()).toBeUndefined();
    expect(client.changes(clusters('a:2'))).toBe('a');
  });

  test('a collection comes whole whenever one of it has changed, came or went', () => {
    const client = clustersOf('a:1', 'b:1');
    client.says({});
    client.hears();
    expect(client.changes(clusters('a:1', 'b:2'))).toBe('a b');
    expect(client.changes(clusters('b:2'))).toBe('b');
    expect(client.changes(clusters())).toBe('nothing');
    expect(client.changes(clusters('c:1'))).toBe('c');
  });

  test('of the other kinds only those that are asked for, exist and have changed', () => {
    const client = routesOf('a:1', 'b:1', 'c:1');
    client.says({ resource_names: ['a', 'b', 'gone'] });
    expect(client.hears()).toBe('a b');
    client.says({ resource_names: ['a', 'b', 'gone'], response_nonce: 'n1' });
    expect(client.changes(routes('a:1', 'b:1', 'c:2'))).toBeUndefined();
    expect(client.changes(routes('a:1', 'b:2', 'c:2'))).toBe('b');
    expect(client.changes(routes('a:1', 'b:2', 'gone:1'))).toBe('gone');
    expect(client.changes(routes('b:2', 'gone:1'))).toBeUndefined(); // there is no way to say it
  });

  test('a name that is asked for late gets its resource, and one that is asked for again, too', () => {
    const client = routesOf('a:1', 'b:1');
    client.says({ resource_names: ['a'] });
    expect(client.hears()).toBe('a');
    client.says({ resource_names: ['a', 'b'], response_nonce: 'n1' });
    expect(client.hears()).toBe('b');
    client.says({ resource_names: ['b'], response_nonce: 'n2' });
    expect(client.hears()).toBeUndefined();
    client.says({ resource_names: ['a', 'b'], response_nonce: 'n2' });
    expect(client.hears()).toBe('a');
  });

  test('a stale nonce changes nothing, but the answer in it is heard', () => {
    const client = routesOf('a:1', 'b:1');
    client.says({ resource_names: ['a'] });
    client.hears();
    client.changes(routes('a:2', 'b:1'));
    expect(client.nonce).toBe('n2');
    const late = client.says({ resource_names: ['b'], response_nonce: 'n1' });
    expect([late.isStale, late.answer?.nonce, late.subscribed]).toEqual([true, 'n1', []]);
    expect(client.hears()).toBeUndefined();
    const invented = client.says({ resource_names: ['b'], response_nonce: 'x' });
    expect([invented.isStale, invented.answer]).toEqual([true, undefined]);
    expect(client.says({ resource_names: ['b'], response_nonce: 'n2' }).subscribed).toEqual(['b']);
    expect(client.hears()).toBe('b');
  });

  test('two requests before the first response count both', () => {
    const client = routesOf('a:1', 'b:1');
    client.says({ resource_names: ['a'] });
    client.says({ resource_names: ['a', 'b'] });
    expect(client.hears()).toBe('a b');
  });

  test('once it has named something, no names are nothing and not everything', () => {
    const client = clustersOf('a:1', 'b:1');
    client.says({ resource_names: ['a'] });
    expect(client.hears()).toBe('a');
    client.says({ resource_names: [], response_nonce: 'n1' });
    expect(client.hears()).toBeUndefined();
    expect(client.changes(clusters('a:2', 'b:1'))).toBeUndefined();
  });

  test('* beside names is everything, and names after everything are only these', () => {
    const client = clustersOf('a:1', 'b:1');
    client.says({ resource_names: ['*', 'a'] });
    expect(client.hears()).toBe('a b');
    client.says({ resource_names: ['a'], response_nonce: 'n1' });
    expect(client.hears()).toBe('a');
    expect(client.changes(clusters('a:1', 'b:2'))).toBeUndefined();
  });

  test('a resource of a collection that is asked for by name and is not there is missing from a response', () => {
    const client = new Conversation(LISTENER, false, served(LISTENER, 'a:1'));
    client.says({ resource_names: ['gone'] });
    expect(client.hears()).toBe('nothing');
  });

  test('the version is that of the content: it comes back with it', () => {
    const versions: string[] = [];
    for (const texts of [
      ['a:1', 'b:1'],
      ['a:2', 'b:1'],
      ['b:1', 'a:1'],
    ]) {
      versions.push(clusters(...texts).of(CLUSTER).version);
    }
    expect(versions[0]).not.toBe(versions[1]);
    expect(versions[2]).toBe(versions[0]);
  });

  test('what has a time to live comes wrapped, and beats without its body', () => {
    const state = new SotwServerState(CLUSTER, descriptors);
    const there = clusters('a:1/5000', 'b:1').of(CLUSTER);
    state.request(sotwRequest({}));
    const wrapper = 'type.googleapis.com/envoy.service.discovery.v3.Resource';
    expect(typesOf(state.next(there, '1')!.message)).toEqual([wrapper, typeUrlOf(CLUSTER)]);
    const beat = state.heartbeat(there, '2')!;
    expect(beat.names).toEqual(['a']);
    const [any] = beat.message['resources'] as { value: Uint8Array }[];
    const decoded = descriptors.type('envoy.service.discovery.v3.Resource').decode(any.value).toJSON();
    expect(decoded).toMatchObject({ name: 'a', ttl: { seconds: '5' } });
    expect(decoded).not.toHaveProperty('resource');
  });
});

describe('incremental', () => {
  test('a first request without names asks for everything, and hears even that there is nothing', () => {
    const client = deltaClusters('a:1', 'b:1');
    expect(client.says({}).subscribed).toEqual(['*']);
    expect(client.hears()).toBe('a b');
    expect(client.hears()).toBeUndefined();
    const empty = deltaClusters();
    empty.says({});
    expect(empty.hears()).toBe('nothing');
  });

  test('only what has changed is sent, and what has gone is said', () => {
    const client = deltaClusters('a:1', 'b:1');
    client.says({});
    client.hears();
    expect(client.changes(clusters('a:1', 'b:2', 'c:1'))).toBe('b c');
    expect(client.changes(clusters('a:1', 'c:1'))).toBe('-b');
    expect(client.changes(clusters('a:1', 'c:1'))).toBeUndefined();
    expect(client.changes(clusters('a:1', 'b:2', 'c:1'))).toBe('b');
  });

  test('names come and go by themselves; one that is not there is said to be missing, once', () => {
    const client = assignmentsOf('a:1', 'b:1');
    client.says({ resource_names_subscribe: ['a', 'gone'] });
    expect(client.hears()).toBe('a -gone');
    expect(client.hears()).toBeUndefined();
    client.says({ resource_names_subscribe: ['b'], resource_names_unsubscribe: ['a'] });
    expect(client.hears()).toBe('b');
    expect(client.changes(assignments('a:2', 'b:1', 'gone:1'))).toBe('gone');
  });

  test('what is asked for again is sent again', () => {
    const client = assignmentsOf('a:1');
    client.says({ resource_names_subscribe: ['a'] });
    client.hears();
    expect(client.says({ resource_names_subscribe: ['a'] }).subscribed).toEqual([]);
    expect(client.hears()).toBe('a');
    client.says({ resource_names_unsubscribe: ['a'] });
    expect(client.hears()).toBeUndefined();
    client.says({ resource_names_subscribe: ['a'] });
    expect(client.hears()).toBe('a');
  });

  test('after a reconnect only what differs from what the client has is sent, and what has gone meanwhile is said', () => {
    const client = deltaClusters('a:1', 'b:2', 'c:1');
    client.says({ initial_resource_versions: { a: '1', b: '1', gone: '1' } });
    expect(client.hears()).toBe('b c -gone');
    const named = assignmentsOf('a:1', 'b:2');
    named.says({ resource_names_subscribe: ['a', 'b'], initial_resource_versions: { a: '1', b: '1' } });
    expect(named.hears()).toBe('b');
    const same = assignmentsOf('a:1');
    same.says({ resource_names_subscribe: ['a'], initial_resource_versions: { a: '1' } });
    expect(same.hears()).toBeUndefined();
  });

  test('ACK and NACK are told apart, and a nonce that was never sent is stale', () => {
    const client = deltaClusters('a:1');
    client.says({});
    client.hears();
    expect(client.says({ response_nonce: 'n1', error_detail }).answer).toMatchObject({
      names: ['a'],
      error: error_detail.message,
    });
    expect(client.hears()).toBeUndefined();
    client.changes(clusters('b:1'));
    expect(client.says({ response_nonce: 'n2' }).answer).toMatchObject({
      names: ['b'],
      removed: ['a'],
      error: undefined,
    });
    expect(client.says({ response_nonce: 'n2' })).toMatchObject({ isStale: true, answer: undefined });
  });

  test('a subscription counts even in a request with an old nonce', () => {
    const client = assignmentsOf('a:1', 'b:1');
    client.says({ resource_names_subscribe: ['a'] });
    client.hears();
    client.changes(assignments('a:2', 'b:1'));
    client.says({ response_nonce: 'n1', resource_names_subscribe: ['b'] });
    expect(client.hears()).toBe('b');
  });

  test('everything and a name beside it: who gives up the name is told that it stays, who gives up everything keeps the name', () => {
    const client = deltaClusters('a:1', 'b:1');
    client.says({ resource_names_subscribe: ['*', 'a'] });
    expect(client.hears()).toBe('a b');
    client.says({ resource_names_unsubscribe: ['a'] });
    expect(client.hears()).toBe('a');
    client.says({ resource_names_subscribe: ['b'], resource_names_unsubscribe: ['*'] });
    expect(client.hears()).toBe('b');
    expect(client.changes(clusters('a:2', 'b:2'))).toBe('b');
  });

  test('heartbeats go to those who have what has a time to live', () => {
    const client = deltaClusters('a:1/900', 'b:1');
    client.says({});
    expect(client.beats()).toBeUndefined();
    client.hears();
    expect(client.beats()).toBe('a');
    expect(client.changes(clusters('a:1/800', 'b:1'))).toBe('a');
  });
});

test('responses that nobody answers do not fill the memory', () => {
  const client = new Conversation(CLUSTER, false, clusters('a:0'));
  client.says({});
  for (let i = 1; i < 500; i++) client.changes(clusters(`a:${i}`));
  expect(client.state.unanswered).toBeLessThanOrEqual(100);
});
