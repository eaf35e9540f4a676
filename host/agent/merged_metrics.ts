// One page of metrics for the whole Pod: the proxy's own, then the application's. A target that fails is missing, and counted; it hides
// nothing else.
import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import type { AgentAnswer } from './agent_server.js';
import {
  acceptedAsText,
  badLine,
  CONTENT_TYPES,
  formatOf,
  openMetricsToText,
  textToOpenMetrics,
  withoutEnd,
  type MetricsFormat,
} from './metrics_format.js';
import type { ScrapeTarget } from './scrape_targets.js';

const MAX_BODY = 10 * 1024 * 1024; // Istio's limit
const DEFAULT_TIMEOUT_MS = 9500; // within Prometheus' default of 10 s
const MIN_TIMEOUT_MS = 100;
const MARGIN_MS = 500; // to merge and to answer
const TIMEOUT_HEADER = 'x-prometheus-scrape-timeout-seconds';

export interface MergeOptions {
  readonly targets: readonly ScrapeTarget[];
  /** The proxy's own metrics in Prometheus' form. */
  own(): string;
  /** A target could not be scraped. */
  onFailure(target: ScrapeTarget, reason: string): void;
}

interface Scraped {
  readonly format: MetricsFormat;
  readonly text: string;
}

export async function mergedMetrics(
  options: MergeOptions,
  headers: IncomingHttpHeaders,
  gone: AbortSignal,
): Promise<AgentAnswer> {
  const signal = AbortSignal.any([gone, AbortSignal.timeout(timeoutOf(headers))]);
  const bodies = await Promise.all(options.targets.map((target) => scrapeSafely(options, target, headers, signal)));
  const found = bodies.filter((body) => body !== undefined);
  const isOpen = found.length > 0 && found.every(({ format }) => format === 'openmetrics');
  return {
    body: isOpen ? joinOpenMetrics(options.own(), found) : joinText(options.own(), found),
    type: CONTENT_TYPES[isOpen ? 'openmetrics' : 'text'],
  };
}

function joinOpenMetrics(own: string, found: readonly Scraped[]): string {
  return `${textToOpenMetrics(own)}${found.map(({ text }) => withoutEnd(text)).join('')}# EOF\n`;
}

function joinText(own: string, found: readonly Scraped[]): string {
  const texts = found.map(({ format, text }) => (format === 'text' ? withoutEnd(text) : openMetricsToText(text)));
  return own + texts.join('');
}

/** Before the scraper gives up, so that it gets what there is. */
function timeoutOf(headers: IncomingHttpHeaders): number {
  const seconds = Number(headers[TIMEOUT_HEADER]);
  if (!(seconds > 0)) return DEFAULT_TIMEOUT_MS;
  return Math.round(Math.min(Math.max(seconds * 1000 - MARGIN_MS, MIN_TIMEOUT_MS), 60_000));
}

async function scrapeSafely(
  options: MergeOptions,
  target: ScrapeTarget,
  headers: IncomingHttpHeaders,
  signal: AbortSignal,
): Promise<Scraped | undefined> {
  try {
    return await scrape(target, headers, options.targets.length === 1 ? ['text', 'openmetrics'] : ['text'], signal);
  } catch (error) {
    options.onFailure(target, signal.aborted ? String(signal.reason) : (error as Error).message);
    return undefined;
  }
}

async function scrape(
  { port, path }: ScrapeTarget,
  headers: IncomingHttpHeaders,
  formats: readonly MetricsFormat[],
  signal: AbortSignal,
): Promise<Scraped> {
  const response = await get(port, path, requestHeaders(headers, formats), signal);
  const { statusCode, headers: answered } = response;
  const type = answered['content-type'];
  const format = formatOf(type);
  if (statusCode !== 200 || format === undefined) {
    response.destroy();
    throw new Error(
      statusCode === 200
        ? `the answer is ${JSON.stringify(type)}, not text metrics`
        : `the answer has status ${statusCode}`,
    );
  }
  const text = await readAll(response);
  const bad = badLine(text);
  if (bad !== undefined) throw new Error(`the answer is no metrics: ${JSON.stringify(bad)}`);
  return { format, text };
}

/** The headers by which Prometheus says what it can read, and for how long it waits. */
function requestHeaders(headers: IncomingHttpHeaders, formats: readonly MetricsFormat[]): Record<string, string> {
  const sent: Record<string, string> = { accept: acceptedAsText(headers.accept, formats), connection: 'close' };
  for (const name of ['user-agent', TIMEOUT_HEADER]) {
    const value = headers[name];
    if (typeof value === 'string') sent[name] = value;
  }
  return sent;
}

function get(
  port: number,
  path: string,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest({ host: 'localhost', port, path, headers, agent: false, signal });
    sent.on('response', resolve);
    sent.on('error', reject);
    sent.on('close', () => reject(new Error('the connection was closed without an answer')));
    sent.end();
  });
}

async function readAll(response: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of response as AsyncIterable<Buffer>) {
    length += piece.length;
    if (length > MAX_BODY) throw new Error(`the answer is longer than ${MAX_BODY} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}
