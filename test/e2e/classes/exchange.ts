// One client connection against a proxy, and what it got.
import { splitResponses, statusOf, type HttpMessage } from '../../support/http_message.js';
import { RawClient, type ClientStep } from '../../support/raw_client.js';

export const PATIENCE = 5000;
/** Long enough for a byte to pass through the proxy on loopback: how long a test looks for what must not come. */
export const MOMENT = 150;

export const CRLF = '\r\n';

export function head(start: string, ...lines: string[]): string {
  return [start, ...lines, '', ''].join(CRLF);
}

/** A GET without a body. */
export function get(path = '/', ...lines: string[]): string {
  return head(`GET ${path} HTTP/1.1`, 'host: a.example', ...lines);
}

/** Runs the steps and waits until `done` holds; the caller closes the client. */
export async function exchange(
  port: number,
  steps: ClientStep[],
  done: (client: RawClient) => boolean = (client) => answers(client).length > 0,
): Promise<RawClient> {
  const client = await RawClient.connect(port);
  await client.run(steps);
  await client.until(() => done(client) || client.ending !== 'open', PATIENCE);
  return client;
}

/** The final answers so far. */
export function answers(client: RawClient): HttpMessage[] {
  const { messages } = splitResponses(client.received, [], client.ending === 'fin');
  return messages.filter((message) => statusOf(message) >= 200 || statusOf(message) === 101);
}

export function statuses(client: RawClient): number[] {
  return answers(client).map(statusOf);
}

/** Whether the connection ends within a few seconds. */
export function ends(client: RawClient): Promise<boolean> {
  return client.until(() => client.ending !== 'open', PATIENCE);
}
