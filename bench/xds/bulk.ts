// From receipt to serving: many clusters with their endpoints, many virtual hosts, and then one change among them.
import { Client } from './client.js';
import {
  assignment,
  cluster,
  CLUSTER,
  clusterName,
  ENDPOINTS,
  hostName,
  routes,
  ROUTES,
  type Encoded,
} from './resources.js';
import type { Cost, Stage } from './stage.js';

export interface Size {
  readonly clusters: number;
  readonly endpoints: number; // of each cluster
}

export interface Upstreams {
  readonly one: number; // ports
  readonly two: number;
}

export interface Bulk {
  readonly clustersAndEndpoints: Cost;
  readonly virtualHosts: Cost;
}

export function names({ clusters }: Size): string[] {
  return Array.from({ length: clusters }, (_, i) => clusterName(i));
}

export function assignments(size: Size, { one }: Upstreams): Encoded[] {
  return names(size).map((name) => assignment(name, one, size.endpoints));
}

/** Brings everything, and asks a few of the virtual hosts. */
export async function load(stage: Stage, size: Size, upstreams: Upstreams): Promise<Bulk> {
  const all = names(size);
  const clusters = all.map((name) => cluster(name));
  const endpoints = assignments(size, upstreams);
  const asked = stage.plane.requests.length;
  // Envoy accepts clusters when they are warm, which is when they have their endpoints.
  const clustersAndEndpoints = await stage.timed(async () => {
    const version = stage.send(CLUSTER, clusters);
    await stage.plane.until(() => namesAsked(stage, asked) >= size.clusters, 'a request for all endpoints', 120_000);
    await stage.push(ENDPOINTS, endpoints);
    await stage.accepted(version);
  });
  const costs = { clustersAndEndpoints, virtualHosts: await stage.push(ROUTES, [routes('routes', all)]) };
  const client = new Client(stage.port);
  for (const i of [0, Math.floor(size.clusters / 2), size.clusters - 1])
    await client.becomes(hostName(i), '200 one', /^(200|404|503) /);
  client.close();
  return costs;
}

function namesAsked({ plane, api }: Stage, from: number): number {
  const requests = plane.requests.slice(from).filter(({ type_url }) => type_url.endsWith(ENDPOINTS));
  if (api === 'GRPC') return requests.at(-1)?.resource_names?.length ?? 0;
  return requests.reduce((sum, { resource_names_subscribe: some }) => sum + (some?.length ?? 0), 0);
}

export interface Change extends Cost {
  /** From the response to the first answer of the new endpoint. */
  readonly servedMs: number;
}

/** One cluster's endpoints become others; `others`: what a server repeats with it. */
export async function changeOne(
  stage: Stage,
  size: Size,
  { one, two }: Upstreams,
  rounds: number,
  others: readonly Encoded[] = [],
): Promise<Change[]> {
  const changes: Change[] = [];
  const client = new Client(stage.port);
  const i = Math.floor(size.clusters / 2);
  const name = clusterName(i);
  await client.becomes(hostName(i), '200 one');
  for (let round = 0; round < rounds; round++) {
    const [port, body] = round % 2 === 0 ? [two, 'two'] : [one, 'one'];
    const resources = others.map((each) => (each.name === name ? assignment(name, port, size.endpoints) : each));
    const begun = performance.now();
    let servedMs = 0;
    const served = client.becomes(hostName(i), `200 ${body}`).then(() => (servedMs = performance.now() - begun));
    const cost = await stage.push(
      ENDPOINTS,
      resources.length > 0 ? resources : [assignment(name, port, size.endpoints)],
    );
    await served;
    if (round > 0) changes.push({ ...cost, servedMs });
  }
  // As it was.
  await stage.push(ENDPOINTS, [assignment(name, one, size.endpoints)]);
  client.close();
  return changes;
}
