// What could be seen of one case, in a form that two proxies can share: ports, dates and generated ids masked.
import { createHash } from 'node:crypto';
import { splitRequests, splitResponses, type HttpMessage, type Split } from '../../support/http_message.js';
import type { Ending } from '../../support/raw_client.js';
import type { UpstreamConnection } from '../../support/tcp_upstream.js';

export interface Observation {
  /** What the client was sent. */
  responses: string[];
  /** How the connection stood when all was said; `announced` after a `connection: close`, whose FIN Envoy delays by a second. */
  ending: Ending | 'announced';
  /** What the upstreams were sent, connection after connection. */
  upstream: string[];
  second: string[];
  /** Access log lines of the connection. */
  log: string[];
}

/** Text in place of each port, so that runs compare. */
export type PortNames = Map<number, string>;

const LONGEST = 400;

export function describeResponses(received: string, methods: string[], ending: Ending, raw: boolean): string[] {
  if (raw) return pieces(received);
  return describe(splitResponses(received, methods, ending === 'fin'));
}

export function describeEnding(responses: string[], ending: Ending): Observation['ending'] {
  return /^connection: close$/m.test(responses.at(-1)?.split('\n\n')[0] ?? '') ? 'announced' : ending;
}

export function describeUpstream(connections: UpstreamConnection[], raw: boolean): string[] {
  return connections
    .filter((connection) => connection.received !== '')
    .flatMap(({ received, ending }) =>
      raw ? [...pieces(received), ...(ending === 'reset' ? ['<reset>'] : [])] : describe(splitRequests(received)),
    );
}

export function mask(text: string, ports: PortNames): string {
  return text
    .replace(/127\.0\.0\.1:(\d+)/g, (whole, port) => `127.0.0.1:${ports.get(Number(port)) ?? whole.slice(10)}`)
    .replace(/^date: .*GMT$/gm, 'date: <date>')
    .replace(/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, '<uuid>')
    .replace(/^x-envoy-upstream-service-time: \d+$/gm, 'x-envoy-upstream-service-time: <ms>');
}

function describe({ messages, rest }: Split): string[] {
  return [...messages.map(describeMessage), ...pieces(rest).map((text) => `unfinished: ${text}`)];
}

/** A message as lines: start line, headers in order, then the body and trailers after an empty line. */
function describeMessage({ start, headers, body, trailers }: HttpMessage): string {
  const lines = [start, ...headers.map(([name, value]) => `${name}: ${value}`)];
  if (body !== '') lines.push('', abridge(body));
  if (trailers.length > 0) lines.push('', ...trailers.map(([name, value]) => `${name}: ${value}`));
  return lines.map(abridge).join('\n');
}

function pieces(text: string): string[] {
  return text === '' ? [] : [abridge(text)];
}

function abridge(text: string): string {
  if (text.length <= LONGEST) return text;
  const digest = createHash('sha256').update(text, 'latin1').digest('hex').slice(0, 16);
  return `${text.slice(0, 40)}… <${text.length} bytes, ${digest}>`;
}
