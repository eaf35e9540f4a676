// httpGet, with the kubelet's own rules: no certificate is verified, a redirect to the same host is followed, one to another host is a success.
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { HttpGet } from './app_probers.js';
import { hostPort } from '../io/address.js';
import { failed, probeSource, type ProbeAnswer, type ProbeCall } from './probe.js';

const MAX_BODY = 10 * 1024; // the kubelet reads no more either
const MAX_REDIRECTS = 10;

/** Of one connection, or this agent's own business. RFC 9110 section 7.6.1. */
const NOT_FORWARDED = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

interface Hop {
  readonly url: URL;
  readonly host: string;
}

export async function probeHttp(action: HttpGet, call: ProbeCall): Promise<ProbeAnswer> {
  const headers = forwarded(action, call);
  let hop: Hop = {
    url: new URL(`${action.scheme}://${hostPort(call.target, action.port)}${action.path}`),
    host: hostHeader(action, call),
  };
  let path = action.path; // on the wire as it was written: URL would normalize it
  try {
    for (let followed = 0; ; followed++) {
      const response = await get(hop, path, headers, call);
      const next = redirection(response, hop);
      if (!next) return await answer(response, call.signal);
      response.destroy();
      if (followed === MAX_REDIRECTS) return failed(`stopped after ${MAX_REDIRECTS} redirects`);
      hop = next;
      path = next.url.pathname + next.url.search;
    }
  } catch (error) {
    return failed(call.signal.aborted ? String(call.signal.reason) : (error as Error).message);
  }
}

/** The kubelet's headers, and over them those of the probe. */
function forwarded(action: HttpGet, call: ProbeCall): Record<string, string | string[]> {
  const headers = new Map<string, string | string[]>();
  for (const [name, value] of Object.entries(call.headers)) {
    if (value !== undefined && !NOT_FORWARDED.has(name)) headers.set(name, value);
  }
  const own = action.headers.filter(([name]) => !isHost(name));
  for (const [name] of own) headers.delete(name.toLowerCase());
  for (const [name, value] of own) {
    const key = name.toLowerCase();
    const before = headers.get(key);
    headers.set(key, before === undefined ? value : [before, value].flat());
  }
  return Object.fromEntries(headers);
}

function isHost(name: string): boolean {
  return /^(host|:authority)$/i.test(name);
}

function hostHeader(action: HttpGet, { headers, target, agentPort }: ProbeCall): string {
  const own = action.headers.find(([name]) => isHost(name))?.[1];
  if (own !== undefined) return own;
  if (action.host !== undefined) return `${action.host}:${action.port}`;
  const asked = headers.host ?? hostPort(target, agentPort);
  const suffix = `:${agentPort}`;
  return asked.endsWith(suffix) ? `${asked.slice(0, -suffix.length)}:${action.port}` : asked;
}

function get(
  { url, host }: Hop,
  path: string,
  headers: Record<string, string | string[]>,
  { target, signal }: ProbeCall,
): Promise<IncomingMessage> {
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const sent = request({
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port),
      path,
      headers: { ...headers, host, connection: 'close' },
      setHost: false,
      agent: false,
      localAddress: probeSource(target),
      rejectUnauthorized: false, // the kubelet does not verify either: it asks for health, not for identity
      servername: '',
      signal,
    });
    sent.on('response', resolve);
    sent.on('upgrade', (response, socket) => {
      socket.destroy();
      resolve(response);
    });
    sent.on('error', reject);
    sent.on('close', () => reject(new Error('the application closed the connection without an answer')));
    sent.end();
  });
}

/** Where a redirect leads, if it is to be followed. */
function redirection({ statusCode = 0, headers }: IncomingMessage, { url, host }: Hop): Hop | undefined {
  if (![301, 302, 303, 307, 308].includes(statusCode) || headers.location === undefined) return undefined;
  if (!URL.canParse(headers.location, url.href)) throw new Error('a redirect to an address that is no URL');
  const next = new URL(headers.location, url);
  if (next.hostname !== url.hostname || !/^https?:$/.test(next.protocol)) return undefined;
  return { url: next, host: URL.canParse(headers.location) ? next.host : host };
}

async function answer(response: IncomingMessage, signal: AbortSignal): Promise<ProbeAnswer> {
  const { statusCode = 0 } = response;
  if (statusCode < 200) return failed(`the application answers a GET with ${statusCode}`);
  // A redirect that is not followed would need its Location to be passed on.
  const isRedirect = statusCode >= 300 && statusCode < 400;
  const body = isRedirect ? '' : await firstBytes(response, signal);
  response.destroy();
  return { status: isRedirect ? 200 : statusCode, body };
}

/** What has come of the body by the end of the time is enough: the status is there. */
async function firstBytes(response: IncomingMessage, signal: AbortSignal): Promise<Uint8Array> {
  const pieces: Buffer[] = [];
  let length = 0;
  try {
    for await (const piece of response as AsyncIterable<Buffer>) {
      pieces.push(piece);
      length += piece.length;
      if (length >= MAX_BODY || signal.aborted) break;
    }
  } catch {
    // cut off
  }
  return Buffer.concat(pieces).subarray(0, MAX_BODY);
}
