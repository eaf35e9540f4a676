// A topic: one file of cases/, with the listeners and clusters that its cases run on.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { ClientStep } from '../../support/raw_client.js';
import { OK_SCRIPT, type UpstreamScript, type UpstreamStep } from '../../support/tcp_upstream.js';
import type { Observation } from './observation.js';

type Json = Record<string, unknown>;

export interface TopicListener {
  hcm?: Json;
  virtual_hosts?: Json[];
  listener?: Json;
  /** Fields of TcpProxy: makes the listener a TCP proxy. */
  tcp?: Json;
}

export interface TopicCluster {
  /** `upstream`, `second` (scripted), `closed` (nobody listens), `blackhole` (never answers a SYN). */
  endpoints?: string[];
  weights?: number[];
  cluster?: Json;
}

export interface Case {
  name: string;
  listener: string;
  send: ClientStep[];
  /** Methods of the requests, where an answer cannot be read without them. */
  methods: string[];
  /** Milliseconds for which the client stays at least, so that a timeout is seen to end. */
  least: number;
  /** Answers to wait for when recording; 0 for none. */
  responses: number;
  upstream: UpstreamScript;
  second: UpstreamScript;
  /** Streams of bytes rather than HTTP messages. */
  raw: boolean;
  /** What weft does instead, and the entry of docs/differences.md that says why. */
  differs?: { id: string; weft: Partial<Observation> };
}

export interface Topic {
  name: string;
  /** Operators that its access log has behind those of every topic. */
  log?: string;
  listeners: Record<string, TopicListener>;
  clusters: Record<string, TopicCluster>;
  cases: Case[];
}

interface WrittenTopic {
  log?: Topic['log'];
  listeners?: Topic['listeners'];
  clusters?: Topic['clusters'];
  cases: WrittenCase[];
  /** Listed differences that several cases show, or one of an `each`. */
  differences?: { id: string; cases: string[]; weft: Partial<Observation> }[];
}

interface WrittenCase extends Partial<Omit<Case, 'send' | 'upstream' | 'second'>> {
  name: string;
  /** The case once for each of these, with `{}` replaced in all its strings. */
  each?: (string | number)[];
  /** Lines of a head, CRLF and the empty line added; then `body` as it stands. */
  request?: string[];
  body?: string;
  send?: ClientStep | ClientStep[];
  upstream?: WrittenScript;
  second?: WrittenScript;
}

interface WrittenScript {
  on?: UpstreamScript['on'];
  /** Lines of a head and its body, as in a request. */
  response?: string[];
  body?: string;
  steps?: UpstreamStep[];
  /** One list of steps for each event. */
  turns?: UpstreamStep[][];
}

export function topics(folder: string): Topic[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.yaml'));
  return files.toSorted().map((file) => readTopic(file.slice(0, -5), readFileSync(join(folder, file), 'utf8')));
}

function readTopic(name: string, text: string): Topic {
  const file = parse(text) as WrittenTopic;
  const listeners = file.listeners ?? { main: {} };
  const first = Object.keys(listeners)[0];
  const cases = file.cases.flatMap(expand).map((written) => readCase(written, first));
  for (const { id, cases: listed, weft } of file.differences ?? []) {
    for (const title of listed) find(cases, title, name).differs = { id, weft };
  }
  const names = new Set(cases.map((each) => each.name));
  if (names.size !== cases.length) throw new Error(`${name}: two cases of one name`);
  return { name, log: file.log, listeners, clusters: file.clusters ?? { upstream: {} }, cases };
}

function find(cases: Case[], title: string, topic: string): Case {
  const found = cases.find((each) => each.name === title);
  if (found === undefined) throw new Error(`${topic}: no case "${title}"`);
  return found;
}

function expand(written: WrittenCase): WrittenCase[] {
  const { each, ...rest } = written;
  return each === undefined ? [rest] : each.map((value) => substitute(rest, String(value)) as WrittenCase);
}

function substitute(value: unknown, by: string): unknown {
  if (typeof value === 'string') return value.replaceAll('{}', by);
  if (Array.isArray(value)) return value.map((each) => substitute(each, by));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, substitute(each, by)]));
}

function readCase(written: WrittenCase, first: string): Case {
  const send = written.request ? [head(written.request) + (written.body ?? '')] : [];
  return {
    listener: first,
    methods: [],
    responses: 1,
    least: 0,
    raw: false,
    ...written,
    send: send.concat((written.send as string[]) ?? []),
    upstream: readScript(written.upstream),
    second: readScript(written.second),
  };
}

function readScript(written: WrittenScript | undefined): UpstreamScript {
  if (written === undefined) return OK_SCRIPT;
  const { on = 'request', response, body = '', steps = [], turns } = written;
  const first: UpstreamStep[] = response ? [head(response) + body] : [];
  return { on, steps: turns ?? [[...first, ...steps]] };
}

function head(lines: string[]): string {
  return lines.map((line) => `${line}\r\n`).join('') + '\r\n';
}
