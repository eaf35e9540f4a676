// The intercepted path: a client and an application in two network namespaces, each with its own sidecar and the redirection rules, so that a
// request is captured on its way out and on its way in and passes through two proxies. Beside them the same two without any sidecar: what the
// proxies add is the difference.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sidecarBootstrap } from '../../host/agent/sidecar_bootstrap.js';
import { missingForPods, Pod, type Running } from '../../test/support/pod.js';
import type { PeerKind } from '../../test/support/peer.js';
import type { Contender } from './contenders.js';
import { load, wrk, type Place, type Sample } from './load.js';
import type { Plan } from './scenarios.js';
import { interceptedTable } from './tables.js';
import { BODIES, upstreamArguments, type Body } from './upstream.js';

const CLIENT = '10.9.8.1';
const APP = '10.9.8.2';
const PORT = 8080;

interface World {
  name: string;
  client: Pod;
  app: Pod;
  sidecars: Running[];
  folder: string;
}

interface Load {
  body: Body;
  connections: number;
}

const QUICK_LOADS: Load[] = [{ body: BODIES[0], connections: 32 }];
const FULL_LOADS: Load[] = [
  { body: BODIES[0], connections: 1 },
  { body: BODIES[0], connections: 32 },
  { body: BODIES[0], connections: 512 },
  { body: BODIES[1], connections: 32 },
  { body: BODIES[2], connections: 32 },
];

/** One section of Markdown for each load whose title has `only` in it. */
export async function* intercepted(
  plan: Plan,
  contenders: readonly Contender[],
  only: string,
  say: (line: string) => void,
): AsyncGenerator<string> {
  const loads = (plan.rounds === 1 ? QUICK_LOADS : FULL_LOADS).filter((each) => title(each).includes(only));
  if (loads.length === 0) return;
  const missing = missingForPods();
  if (missing !== '') return say(`the intercepted path is skipped: ${missing}`);
  const kinds = contenders.flatMap(({ name }) => (name === 'weft' || name === 'Envoy' ? [name] : []));
  const worlds: World[] = [];
  try {
    for (const name of [...kinds, 'no sidecar']) worlds.push(await start(name));
    for (const each of loads) {
      const results = await measure(each, worlds, plan);
      yield `### ${title(each)}\n\n${interceptedTable(results, 'weft', 'no sidecar')}`;
    }
  } finally {
    await Promise.all(worlds.map(stop));
  }
}

function title({ body, connections }: Load): string {
  return `intercepted, out and in: ${body.name}, ${connections} connection${connections === 1 ? '' : 's'}`;
}

async function start(name: string): Promise<World> {
  const client = Pod.create('bench', CLIENT);
  const app = Pod.create('bench', APP);
  const folder = mkdtempSync(join(tmpdir(), 'weft-bench-'));
  const world: World = { name, client, app, folder, sidecars: [] };
  try {
    Pod.join(client, [CLIENT], app, [APP], 'bn');
    // One process: a Pod's programs end by SIGKILL, which would leave the worker of a master behind, and it would hold our pipes.
    app.service('nginx', [...upstreamArguments(folder, `${APP}:${PORT}`), '-g', 'master_process off;']);
    if (name !== 'no sidecar') await addSidecars(world, name === 'Envoy' ? 'envoy' : 'weft');
    return world;
  } catch (error) {
    await stop(world);
    throw error;
  }
}

/** The sidecar's own bootstrap, without its access log: no contender writes one. */
async function addSidecars(world: World, kind: PeerKind): Promise<void> {
  const own = sidecarBootstrap({ adminPort: 15000, ipv6: false, interception: 'REDIRECT' });
  const bootstrap = JSON.parse(
    JSON.stringify(own, (key, value: unknown) => (key === 'access_log' ? undefined : value)),
  ) as object;
  for (const pod of [world.client, world.app]) {
    pod.capture();
    world.sidecars.push(pod.sidecar(kind, {}, bootstrap));
  }
  await Promise.all([world.client.ready(), world.app.ready()]);
}

async function measure({ body, connections }: Load, worlds: World[], plan: Plan): Promise<Map<string, Sample[]>> {
  const url = `http://${APP}:${PORT}${body.path}`;
  const results = new Map<string, Sample[]>(worlds.map(({ name }) => [name, []]));
  for (const world of worlds) await wrk(url, connections, plan.warmUpSeconds, placeOf(world));
  for (let round = 0; round < plan.rounds; round++) {
    for (const world of worlds) {
      const proxies = world.sidecars.map(({ pid }) => pid);
      results.get(world.name)?.push(await load(proxies, url, connections, plan.seconds, body.size, placeOf(world)));
    }
  }
  return results;
}

function placeOf({ client }: World): Place {
  return {
    command: (program, args) => client.namespace.command(program, args),
    async probe(url, bodySize) {
      const [file, words] = client.namespace.command('curl', ['-sSf', '-m', '10', url]);
      const { status, stdout, stderr } = spawnSync(file, words, { maxBuffer: 16 * 1024 * 1024 });
      const isRight = status === 0 && stdout.equals(Buffer.alloc(bodySize, 'x'));
      if (!isRight) throw new Error(`${url}: ${stdout.length} bytes, ${bodySize} expected: ${stderr.toString()}`);
    },
  };
}

async function stop({ client, app, folder }: World): Promise<void> {
  await Promise.all([client.remove(), app.remove()]);
  rmSync(folder, { recursive: true, force: true });
}
