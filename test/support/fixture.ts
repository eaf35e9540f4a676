// A running proxy with one HTTP listener and what its test needs beside it.
import { bootstrap, httpListener, type Cluster, type HttpListener } from './bootstrap.js';
import { Peer, type PeerKind } from './peer.js';
import { freePort } from './ports.js';

/** Which proxy the end-to-end tests run: WEFT_E2E_PEER=envoy proves the tests themselves. */
export const PEER = (process.env['WEFT_E2E_PEER'] ?? 'weft') as PeerKind;

export interface FixtureOptions {
  kind?: PeerKind;
  /** Port of the default cluster's endpoint; or whole clusters. */
  upstreamPort?: number;
  clusters?: Record<string, Cluster>;
  listener?: Omit<HttpListener, 'port'>;
  concurrency?: number;
  args?: string[];
  nodeArgs?: string[];
  env?: Record<string, string>;
}

export interface Fixture {
  peer: Peer;
  port: number;
}

export async function startProxy(options: FixtureOptions): Promise<Fixture> {
  const port = await freePort();
  const adminPort = await freePort();
  const clusters = options.clusters ?? { upstream: { endpoints: [options.upstreamPort ?? 0] } };
  const config = bootstrap(adminPort, [httpListener('main', { port, ...options.listener })], clusters);
  const { concurrency = 1, args, nodeArgs, env } = options;
  const peer = await Peer.start(options.kind ?? PEER, {
    bootstrap: config,
    adminPort,
    concurrency,
    args,
    nodeArgs,
    env,
  });
  return { peer, port };
}
