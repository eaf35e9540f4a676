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

// A PROXY protocol header of version 2, in the words of version 1.
function spellProxyV2(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/\r\n\r\n\0\r\nQUIT\n([\x20\x21])([^]{3})/g, (_whole, command: string, rest: string) =>
    command === '\x20' ? '<PROXY v2 LOCAL>' : `<PROXY v2 ${Buffer.from(rest, 'latin1').toString('hex')}>`,
  );
}

export function mask(text: string, ports: PortNames): string {
  return spellProxyV2(text)
    .replace(
      /^(PROXY TCP4 \S+ \S+) (\d+) (\d+)/,
      (_whole, head, from, to) => `${head} ${portName(from, ports)} ${portName(to, ports)}`,
    )
    .replace(/(<PROXY v2 11000c>[^]{8})([^]{4})/, (_whole, head: string, both: string) => {
      const bytes = Buffer.from(both, 'latin1');
      return `${head} ${portName(bytes.readUInt16BE(0), ports)} ${portName(bytes.readUInt16BE(2), ports)} `;
    })
    .replace(
      /((?:127\.0\.0\.1|0\.0\.0\.0|::ffff:127\.0\.0\.1\]):[ +]?)(\d+)/g,
      (_whole, host: string, port: string) => host + portName(port, ports),
    )
    .replace(/^date: .*GMT(\r?)$/gm, 'date: <date>$1')
    .replace(/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, '<uuid>')
    .replace(/^x-envoy-upstream-service-time: \d+(\r?)$/gm, 'x-envoy-upstream-service-time: <ms>$1');
}

function portName(port: string | number, ports: PortNames): string {
  return ports.get(Number(port)) ?? String(port);
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
