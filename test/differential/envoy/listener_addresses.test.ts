// Listeners with additional_addresses: each is bound, shown by /listeners, and comes and goes with an update. Envoy and weft are told the same.
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bootstrap, httpListener } from '../../support/bootstrap.js';
import { findEnvoy, Peer, type PeerKind } from '../../support/peer.js';
import { freePorts } from '../../support/ports.js';

type Json = Record<string, unknown>;

const KINDS: PeerKind[] = findEnvoy() === undefined ? ['weft'] : ['envoy', 'weft'];
const LISTENER = 'type.googleapis.com/envoy.config.listener.v3.Listener';
const DIRECT = [{ name: 'v', domains: ['*'], routes: [{ match: { prefix: '/' }, direct_response: { status: 204 } }] }];

function at(address: string, port: number): Json {
  return { socket_address: { address, port_value: port } };
}

async function answers(host: string, port: number): Promise<number | string> {
  try {
    return (await fetch(`http://${host}:${port}/`, { headers: { connection: 'close' } })).status;
  } catch {
    return 'refused';
  }
}

function listener(name: string, port: number, others: Json[], more: Json = {}): Json {
  const additional = others.map((address) => ({ address }));
  return {
    ...httpListener(name, { port, virtual_hosts: DIRECT }),
    additional_addresses: additional,
    ...more,
  };
}

describe.each(KINDS)('%s', (kind) => {
  const folder = mkdtempSync(join(tmpdir(), 'weft-addresses-'));
  const file = join(folder, 'lds.json');
  let peer: Peer;
  let a = 0;
  let b = 0;
  let c = 0;
  let fixed = 0;
  let versions = 0;

  function write(resource: Json): void {
    const resources = [{ '@type': LISTENER, ...resource }];
    const next = join(folder, `${++versions}`);
    writeFileSync(next, JSON.stringify({ version_info: String(versions), resources }));
    renameSync(next, file);
  }

  const page = async (query = ''): Promise<string> => (await peer.admin(`/listeners${query}`))?.body ?? '';

  beforeAll(async () => {
    const [adminPort, ...ports] = await freePorts(5);
    [a, b, c, fixed] = ports;
    write(listener('moving', a, [at('127.0.0.2', b), at('::1', a)]));
    const unbound = listener('unbound', 9, [at('127.0.0.1', 10)], { bind_to_port: false });
    const kept = listener('fixed', fixed, [at('127.0.0.3', fixed), at('127.0.0.1', 0)]);
    const config = bootstrap(adminPort, [kept, unbound], {});
    const lds_config = { path_config_source: { path: file, watched_directory: { path: folder } } };
    const node = { id: 'n', cluster: 'c' };
    peer = await Peer.start(kind, { bootstrap: { ...config, node, dynamic_resources: { lds_config } }, adminPort });
  });
  afterAll(async () => {
    await peer?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test('every address is served', async () => {
    await expect.poll(() => answers('127.0.0.1', a)).toBe(204);
    expect(await answers('127.0.0.2', b)).toBe(204);
    expect(await answers('[::1]', a)).toBe(204);
    expect(await answers('127.0.0.3', fixed)).toBe(204);
    expect(await answers('127.0.0.1', b)).toBe('refused');
  });

  test('/listeners names them all, also those that are not bound to a port', async () => {
    const text = await page();
    const lines = text.split('\n').filter((line) => !line.startsWith('fixed::127.0.0.1:'));
    expect(lines).toEqual([
      `fixed::127.0.0.3:${fixed}`,
      'unbound::127.0.0.1:9',
      'unbound::127.0.0.1:10',
      `moving::127.0.0.1:${a}`,
      `moving::127.0.0.2:${b}`,
      `moving::[::1]:${a}`,
      '',
    ]);
    const chosen = Number([...text.matchAll(/^fixed::127\.0\.0\.1:(\d+)$/gm)][1]?.[1]);
    expect(await answers('127.0.0.1', chosen)).toBe(204);
    const { listener_statuses: statuses } = JSON.parse(await page('?format=json')) as { listener_statuses: Json[] };
    expect(statuses.slice(1)).toEqual([
      { name: 'unbound', local_address: at('127.0.0.1', 9), additional_local_addresses: [at('127.0.0.1', 10)] },
      {
        name: 'moving',
        local_address: at('127.0.0.1', a),
        additional_local_addresses: [at('127.0.0.2', b), at('::1', a)],
      },
    ]);
  });

  test('all count for the first', async () => {
    expect(await peer.stat(`listener.127.0.0.1_${a}.downstream_cx_total`)).toBe(3);
    expect(await peer.stat(`listener.127.0.0.2_${b}.downstream_cx_total`)).toBe(0);
  });

  test('an update brings addresses and takes others; what stays is served all the time', async () => {
    const load = { failed: 0, done: false };
    const traffic = (async () => {
      while (!load.done) if ((await answers('127.0.0.2', b)) !== 204) load.failed++;
    })();
    write({ ...listener('moving', c, [at('127.0.0.2', b), at('127.0.0.1', a)]) });
    await expect.poll(() => answers('127.0.0.1', c), { timeout: 5000 }).toBe(204);
    await expect.poll(() => answers('[::1]', a), { timeout: 5000 }).toBe('refused');
    write({ ...listener('moving', c, [at('127.0.0.2', b)]) });
    await expect.poll(() => answers('127.0.0.1', a), { timeout: 5000 }).toBe('refused');
    load.done = true;
    await traffic;
    if (kind === 'weft') expect(load.failed).toBe(0);
    expect((await page()).split('\n').slice(-3, -1)).toEqual([`moving::127.0.0.1:${c}`, `moving::127.0.0.2:${b}`]);
  });
});
