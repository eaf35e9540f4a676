// `--run-validation`: a real connection, held against what the rules say of it. Whatever user runs this, there is mostly a
// connection that must be redirected: the proxy's own to its Pod's address, or anybody else's to somewhere else.
import { createConnection, createServer, isIPv4 } from 'node:net';
import type { Socket } from 'node:net';
import { formatAddress, ipAddress } from '../io/address.js';
import { InterceptionError } from './failure.js';
import type { Options } from './options.js';
import type { RuleSet } from './rule.js';
import { simulate } from './simulate.js';
import type { Connection } from './simulate.js';

export interface Probe {
  readonly address: string;
  readonly port: number;
  /** The proxy's port that the rules take the connection to. */
  readonly arrivesAt: number;
}

export interface Prober {
  readonly uid: string;
  readonly gid: string;
  /** The Pod's own addresses, loopback left out. */
  readonly addresses: readonly string[];
}

/** For documentation (RFC 5737, RFC 3849): nobody answers there, and no packet leaves the Pod where rules are in place. */
const ELSEWHERE = ['192.0.2.1', '2001:db8::1'];

/**
 * Connections that these rules redirect, in the order to be tried; none where they redirect nothing that this user could make. Each is
 * looked for when it is asked for: among thousands of rules that takes long, and mostly the first is enough.
 */
export function* chooseProbes(wanted: RuleSet, options: Options, prober: Prober, port: number): Generator<Probe> {
  const { includeCidrs } = options;
  const ranges = includeCidrs === '*' ? [] : [...includeCidrs.ipv4, ...includeCidrs.ipv6];
  const inside = ranges.map(({ text }) => text.split('/')[0]);
  for (const address of [...prober.addresses, ...inside, ...ELSEWHERE, ...prober.addresses.flatMap(neighbour)]) {
    const family = isIPv4(address) ? 'ipv4' : 'ipv6';
    const { fate } = simulate(wanted.rules[family], probeConnection(address, port, prober));
    if (fate.kind === 'redirect') yield { address, port, arrivesAt: fate.port };
  }
}

/** The address next to it, for a Pod whose only route is to its own network. */
function neighbour(address: string): string[] {
  const [, start, last] = /^(\d+\.\d+\.\d+\.)(\d+)$/.exec(address) ?? [];
  return start === undefined ? [] : [`${start}${Number(last) ^ 1}`];
}

function probeConnection(address: string, port: number, { uid, gid, addresses }: Prober): Connection {
  const isOwn = addresses.includes(address);
  return {
    direction: 'outbound',
    protocol: 'tcp',
    source: isOwn ? address : '',
    destination: address,
    port,
    interface: isOwn ? 'lo' : 'eth0',
    uid,
    gid,
  };
}

/**
 * Resolves with the probe that arrived with its original destination, or undefined where there is none to try; else throws an
 * InterceptionError of WEFT1905. The next one is tried only where there is no route to an address, which says nothing about rules.
 */
export async function validate(probes: Iterable<Probe>, timeoutMs: number): Promise<Probe | undefined> {
  let fault: string | undefined;
  for (const probe of probes) {
    const outcome = await attempt(probe, timeoutMs);
    if (outcome === '') return probe;
    fault = `a connection to ${text(probe)} was to arrive at port ${probe.arrivesAt}, but ${outcome}`;
    if (!outcome.includes(NO_ROUTE)) break;
  }
  if (fault === undefined) return undefined;
  throw new InterceptionError('WEFT1905', fault);
}

const NO_ROUTE = 'there is no route to it';

function text({ address, port }: Probe): string {
  return formatAddress(ipAddress(address, port)!);
}

/** What went wrong; '' where nothing did. */
async function attempt(probe: Probe, timeoutMs: number): Promise<string> {
  const { originalDestination } = await import('../io/original_destination.js');
  const server = createServer();
  const client: { socket?: Socket } = {};
  const outcome = new Promise<string>((resolve) => {
    setTimeout(() => resolve(`nothing arrived within ${timeoutMs} ms`), timeoutMs).unref();
    server.on('error', (error: NodeJS.ErrnoException) => resolve(listenFailure(probe.arrivesAt, error)));
    server.on('connection', (socket) => {
      const original = originalDestination(descriptor(socket));
      socket.destroy();
      const seen = original === undefined ? 'without an original destination' : `for ${formatAddress(original)}`;
      const isRight = original !== undefined && formatAddress(original) === text(probe);
      resolve(isRight ? '' : `a connection arrived ${seen}`);
    });
    server.listen(probe.arrivesAt, isIPv4(probe.address) ? '0.0.0.0' : '::', () => {
      client.socket = createConnection({ host: probe.address, port: probe.port });
      client.socket.on('error', (error: NodeJS.ErrnoException) => resolve(connectFailure(error)));
    });
  });
  const fault = await outcome;
  client.socket?.destroy();
  server.close();
  return fault;
}

function connectFailure({ code, message }: NodeJS.ErrnoException): string {
  return code === 'ENETUNREACH' || code === 'EHOSTUNREACH' ? NO_ROUTE : `the connection failed: ${message}`;
}

/** Node keeps the descriptor to itself. */
function descriptor(socket: Socket): number {
  return (socket as unknown as { _handle: { fd: number } })._handle.fd;
}

function listenFailure(port: number, { code, message }: NodeJS.ErrnoException): string {
  return code === 'EADDRINUSE' ? `port ${port} is taken: is the proxy running already?` : message;
}
