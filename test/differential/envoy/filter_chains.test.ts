// Random filter chains and connections from everywhere in 127.0.0.0/8: weft and Envoy choose the same chain, which names itself in a
// direct response. WEFT_FUZZ_SEED repeats a run.
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findEnvoy, Peer, type PeerKind } from '../../support/peer.js';
import { freePort } from '../../support/ports.js';

type Json = Record<string, unknown>;

const ENVOY = findEnvoy();
const SEED = Number(process.env['WEFT_FUZZ_SEED'] ?? Date.now() % 2 ** 30);
const LISTENERS = 24;
const CONNECTIONS = 40; // to each
const NO_CHAIN = 'no chain';

function dice(seed: number): (below: number) => number {
  let x = Math.imul(seed, 0x9e3779b1) | 0 || 1;
  return (below) => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) % below;
  };
}

const roll = dice(SEED);
const some = <T>(values: readonly T[]): T => values[roll(values.length)];
const rare = (n: number): boolean => roll(n) === 0;

const HCM = 'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager';
const ROUTER = 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router';

function chain(name: string, match: Json | undefined): Json {
  const route = { match: { prefix: '/' }, direct_response: { status: 200, body: { inline_string: name } } };
  const config = {
    '@type': HCM,
    stat_prefix: name,
    http_filters: [{ name: 'router', typed_config: { '@type': ROUTER } }],
    route_config: { virtual_hosts: [{ name: 'v', domains: ['*'], routes: [route] }] },
  };
  const filters = [{ name: 'hcm', typed_config: config }];
  return { name, filters, ...(match ? { filter_chain_match: match } : {}) };
}

const PREFIXES = [
  '127.0.0.0/8',
  '127.0.0.0/16',
  '127.0.0.0/24',
  '127.0.0.1/32',
  '127.0.0.2/32',
  '127.1.0.0/16',
  '10.0.0.0/8',
  '::1/128',
  '::/0',
];
const SOURCES = ['127.0.0.1', '127.0.0.2', '127.0.0.3', '127.0.1.1', '127.1.0.1', '127.2.3.4'];

function ranges(): Json[] {
  const texts = new Set(Array.from({ length: 1 + roll(3) }, () => some(PREFIXES)));
  return [...texts].map((text) => {
    const [address_prefix, length] = text.split('/');
    return { address_prefix, prefix_len: Number(length) };
  });
}

interface Place {
  port: number;
  sourcePorts: readonly number[];
}

function randomMatch({ port, sourcePorts }: Place): Json {
  const match: Json = {};
  if (rare(3)) match['destination_port'] = rare(3) ? port + 1 : port;
  if (rare(3)) match['prefix_ranges'] = ranges();
  if (rare(6)) match['server_names'] = ['a.example'];
  if (rare(4)) match['transport_protocol'] = some(['raw_buffer', 'raw_buffer', 'tls']);
  if (rare(8)) match['application_protocols'] = ['h2'];
  if (rare(4)) match['direct_source_prefix_ranges'] = ranges();
  if (rare(3)) match['source_type'] = some(['SAME_IP_OR_LOOPBACK', 'EXTERNAL']);
  if (rare(4)) match['source_prefix_ranges'] = ranges();
  if (rare(4)) match['source_ports'] = [some(sourcePorts)];
  return match;
}

/** What one chain takes for itself: a combination of one value for each criterion. A chain that shares one with another is refused. */
function leaves(match: Json): string[] {
  const fields = [
    'destination_port',
    'prefix_ranges',
    'server_names',
    'transport_protocol',
    'application_protocols',
    'direct_source_prefix_ranges',
    'source_type',
    'source_prefix_ranges',
    'source_ports',
  ];
  return fields.reduce<string[]>(
    (all, field) => {
      const value = match[field] ?? '';
      const list = Array.isArray(value) ? value : [value];
      return all.flatMap((one) => list.map((each) => `${one}|${JSON.stringify(each)}`));
    },
    [''],
  );
}

function listener(i: number, place: Place): Json {
  const taken = new Set<string>();
  const chains: Json[] = [];
  for (let n = 1 + roll(14); n > 0; n--) {
    const match = randomMatch(place);
    const mine = leaves(match);
    if (mine.some((leaf) => taken.has(leaf))) continue;
    for (const leaf of mine) taken.add(leaf);
    chains.push(chain(`${i}.${chains.length}`, match));
  }
  return {
    name: `l${i}`,
    address: { socket_address: { address: '0.0.0.0', port_value: place.port } },
    filter_chains: chains,
    ...(rare(2) ? { default_filter_chain: chain(`${i}.default`, undefined) } : {}),
  };
}

interface Connection {
  listener: number;
  from: string;
  to: string;
  sourcePort: number;
}

function ask(port: number, { from, to, sourcePort }: Connection): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = {
      port,
      host: to,
      localAddress: from,
      localPort: sourcePort,
      agent: false as const,
      headers: { connection: 'keep-alive' },
    };
    const q = request(options, (response) => {
      let body = '';
      response.on('data', (piece) => (body += piece));
      response.on('end', () => {
        q.socket?.resetAndDestroy(); // no TIME_WAIT: the same ports are used again
        resolve(body);
      });
    });
    q.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNRESET' || error.code === 'EPIPE') resolve(NO_CHAIN);
      else reject(error);
    });
    q.end();
  });
}

describe.skipIf(ENVOY === undefined)(`filter chains are chosen as Envoy does (WEFT_FUZZ_SEED=${SEED})`, () => {
  const peers: Record<string, { peer: Peer; ports: number[] }> = {};
  const connections: Connection[] = [];
  const listeners: Json[] = [];
  let sourcePorts: number[] = [];

  async function start(kind: PeerKind): Promise<void> {
    const adminPort = await freePort();
    const admin = { address: { socket_address: { address: '127.0.0.1', port_value: adminPort } } };
    const peer = await Peer.start(kind, { bootstrap: { admin, static_resources: { listeners } }, adminPort });
    peers[kind] = { peer, ports: listeners.map(portOf) };
  }

  const portOf = (l: Json): number => ((l['address'] as Json)['socket_address'] as { port_value: number }).port_value;

  beforeAll(async () => {
    sourcePorts = [await freePort(), await freePort(), await freePort()];
    for (let i = 0; i < LISTENERS; i++) listeners.push(listener(i, { port: await freePort(), sourcePorts }));
    for (let i = 0; i < LISTENERS; i++) {
      for (let n = 0; n < CONNECTIONS; n++) {
        const sourcePort = rare(2) ? some(sourcePorts) : 0;
        connections.push({ listener: i, from: some(SOURCES), to: some(SOURCES), sourcePort });
      }
    }
  }, 30_000);

  afterAll(async () => {
    for (const { peer } of Object.values(peers)) await peer.stop();
  });

  test('every connection gets the chain that it gets from Envoy', async () => {
    // One after the other: both listen on the same ports, which are part of what is matched.
    const answers: Record<string, string[]> = {};
    for (const kind of ['envoy', 'weft'] as const) {
      await start(kind);
      const { peer, ports } = peers[kind];
      answers[kind] = [];
      for (const each of connections) answers[kind].push(await ask(ports[each.listener], each));
      if (kind === 'weft')
        expect(await unmatched(peer, ports)).toBe(answers[kind].filter((a) => a === NO_CHAIN).length);
      await peer.stop();
      delete peers[kind];
    }
    const differing = connections.flatMap((each, i) => {
      const [envoy, weft] = [answers['envoy'][i], answers['weft'][i]];
      return envoy === weft ? [] : [{ ...each, envoy, weft, chains: matches(listeners[each.listener]) }];
    });
    expect(differing).toEqual([]);
    expect(new Set(answers['envoy']).size).toBeGreaterThan(LISTENERS);
    expect(answers['envoy']).toContain(NO_CHAIN);
  }, 60_000);
});

async function unmatched(peer: Peer, ports: number[]): Promise<number> {
  let sum = 0;
  for (const port of ports) sum += await peer.stat(`listener.0.0.0.0_${port}.no_filter_chain_match`);
  return sum;
}

function matches(l: Json): unknown {
  return (l['filter_chains'] as Json[]).map(({ name, filter_chain_match }) => ({ name, filter_chain_match }));
}
