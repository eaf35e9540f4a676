// Cases of the head tests: groups of requests (and the upstream's responses to them) for one configuration.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { REPOSITORY } from '../../support/repository.js';

type Json = Record<string, unknown>;

export const FOLDER = join(REPOSITORY, 'test/differential/heads');

export interface HeadCase {
  name: string;
  /** Lines of the request head. */
  request: string[];
  /** Lines of the upstream's response head. */
  response: string[];
}

export interface Group {
  /** Fields of HttpConnectionManager, of the router's configuration, of the route action. */
  hcm: Json;
  router: Json;
  route: Json;
  /** The client's address. */
  peer: string;
  cases: HeadCase[];
}

/** What can be seen of one case: heads as lines, masked; null where nothing reached the upstream. */
export interface Seen {
  upstream: string[] | null;
  answer: string[];
}

interface WrittenCase {
  name?: string;
  /** The case once for each of these, with `{}` replaced. */
  each?: string[];
  target?: string;
  host?: string;
  method?: string;
  /** Lines behind Host. */
  headers?: string[];
  /** The whole head instead. */
  request?: string[];
  response?: string[];
}

interface WrittenGroup extends Partial<Omit<Group, 'cases'>> {
  cases: WrittenCase[];
}

export function topics(): string[] {
  return readdirSync(join(FOLDER, 'cases')).map((file) => file.replace(/\.yaml$/, ''));
}

export function readGroups(topic: string): Group[] {
  const written = parse(readFileSync(join(FOLDER, 'cases', `${topic}.yaml`), 'utf8')) as WrittenGroup[];
  return written.map(({ hcm = {}, router = {}, route = {}, peer = '127.0.0.1', cases }) => ({
    hcm,
    router,
    route,
    peer,
    cases: cases.flatMap(expand),
  }));
}

function expand(written: WrittenCase): HeadCase[] {
  const { each = [''], method = 'GET', target = '/', host = 'a.example', headers = [] } = written;
  const request = written.request ?? [`${method} ${target} HTTP/1.1`, `host: ${host}`, ...headers];
  const response = written.response ?? ['HTTP/1.1 200 OK', 'content-length: 0'];
  return each.map((value) => {
    const fill = (line: string) => line.replaceAll('{}', value);
    const lines = request.map(fill);
    return { name: fill(written.name ?? lines.join(' | ')), request: lines, response: response.map(fill) };
  });
}

export function recordedFile(topic: string): string {
  return join(FOLDER, 'recorded', `${topic}.json`);
}

// What most cases have in common is written short.
const USUAL_TAIL = ['x-forwarded-proto: http', 'x-request-id: <uuid>', 'x-envoy-expected-rq-timeout-ms: 15000'];
const USUAL_ANSWER = [
  'HTTP/1.1 200 OK',
  'content-length: 0',
  'x-envoy-upstream-service-time: <ms>',
  'date: <date>',
  'server: envoy',
];
type Written = [upstream: string[] | null, answer: string[]];

function shorten({ upstream, answer }: Seen): Written {
  const tail = upstream?.slice(-USUAL_TAIL.length).join() === USUAL_TAIL.join();
  const head = upstream && tail ? [...upstream.slice(0, -USUAL_TAIL.length), '…'] : upstream;
  return [head, answer.join() === USUAL_ANSWER.join() ? ['…'] : answer];
}

function lengthen([upstream, answer]: Written): Seen {
  const head = upstream?.at(-1) === '…' ? [...upstream.slice(0, -1), ...USUAL_TAIL] : upstream;
  return { upstream: head, answer: answer[0] === '…' ? USUAL_ANSWER : answer };
}

/** One case on a line. */
export function writeRecorded(topic: string, seen: Seen[][]): void {
  const groups = seen.map((group) => group.map((each) => JSON.stringify(shorten(each))).join(',\n'));
  writeFileSync(recordedFile(topic), `[[\n${groups.join('\n],[\n')}\n]]\n`);
}

/** By group and case. */
export function readRecorded(topic: string): Seen[][] {
  const groups = JSON.parse(readFileSync(recordedFile(topic), 'utf8')) as Written[][];
  return groups.map((group) => group.map(lengthen));
}

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/;

/** Lines of a head with what differs from run to run masked. */
export function maskHead(head: string, ownAddresses: readonly string[], ownPort: number): string[] {
  return head.split('\r\n').map((line) => {
    if (line.startsWith('date: ') && line.endsWith(' GMT')) return 'date: <date>';
    if (line.startsWith('x-envoy-upstream-service-time: ')) return 'x-envoy-upstream-service-time: <ms>';
    if (line === `x-forwarded-port: ${ownPort}`) return 'x-forwarded-port: <own>';
    if (line.startsWith('x-request-id: ')) return line.replace(UUID, '<uuid>');
    if (!/^x-(?:forwarded-for|envoy-external-address): /.test(line)) return line;
    return ownAddresses.reduce((text, address) => text.replaceAll(address, '<own>'), line);
  });
}
