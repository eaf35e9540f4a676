// What the Pod needs of others: names, certificates, tokens, the control plane.
import { X509Certificate } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { connect, isIP } from 'node:net';
import { failed, info, ok, warning } from './check.js';
import type { CheckResult } from './check.js';

const DAY = 86_400_000;
const PATIENCE_MS = 3000;

/** `text`: PEM, one certificate after the other. */
export function certificateCheck(path: string, text: string, now: number): CheckResult {
  const name = 'certificate';
  const parts = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (parts.length === 0) return failed(name, `${path} holds none`, 'is the ConfigMap or Secret mounted, and filled?');
  try {
    const ends = parts
      .map((part) => new X509Certificate(part))
      .map(({ validFrom, validTo }) => [validFrom, validTo].map(Date.parse));
    const [from, to] = [Math.max(...ends.map(([each]) => each)), Math.min(...ends.map(([, each]) => each))];
    if (now < from) return failed(name, `${path} is not valid before ${day(from)}`, 'look at the clock');
    if (now > to)
      return failed(name, `${path} has ended on ${day(to)}`, 'the authority that issues it has to renew it');
    const says = `${path} is good for ${Math.floor((to - now) / DAY)} days`;
    return to - now < DAY ? warning(name, says, 'it should have been renewed by now') : ok(name, says);
  } catch (error) {
    return failed(name, `${path}: ${(error as Error).message}`, 'it is no certificate that OpenSSL can read');
  }
}

const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/** `token`: a JWT, of which only the end is looked at. */
export function tokenCheck(path: string, token: string, now: number): CheckResult {
  try {
    const { exp } = JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString()) as { exp: number };
    const left = exp * 1000 - now;
    const says = `${path} ${left > 0 ? `is good for ${Math.floor(left / 60_000)} minutes` : 'has ended'}`;
    return left > 0
      ? ok('token', says)
      : failed('token', says, 'the kubelet renews it: look at the clock and the node');
  } catch {
    return failed('token', `${path} is no token`, 'is the projected service account token mounted?');
  }
}

/** `host:port` of the control plane; '' where there is none. */
export async function controlPlaneChecks(address: string): Promise<CheckResult[]> {
  if (address === '') return [info('control plane', 'none is configured')];
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(address) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined)
    return [failed('control plane', `${JSON.stringify(address)} is no address`, 'HOST:PORT is wanted')];
  const name = await nameCheck(host);
  return name.status === 'failed' ? [name] : [name, await reachCheck(host, Number(port))];
}

async function nameCheck(host: string): Promise<CheckResult> {
  if (isIP(host) !== 0) return info('names', `${host} is an address`);
  const found = await Promise.race([
    lookup(host).then(
      ({ address }) => address,
      (error: NodeJS.ErrnoException) => error,
    ),
    late(),
  ]);
  if (typeof found === 'string') return ok('names', `${host} is ${found}`);
  const reason = found instanceof Error ? (found as NodeJS.ErrnoException).code : 'no answer';
  return failed('names', `${host} is not found (${reason})`, 'look at /etc/resolv.conf, and at rules that capture DNS');
}

function late(): Promise<undefined> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(undefined), PATIENCE_MS).unref();
  });
}

function reachCheck(host: string, port: number): Promise<CheckResult> {
  const target = `${host}:${port}`;
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: PATIENCE_MS });
    const end = (result: CheckResult): void => {
      socket.destroy();
      resolve(result);
    };
    const hint = 'is it up, does a NetworkPolicy forbid it, do rules capture it before the proxy runs?';
    socket.on('connect', () => end(ok('control plane', `${target} takes connections`)));
    socket.on('timeout', () => end(failed('control plane', `${target} does not answer`, hint)));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      end(failed('control plane', `${target} refuses (${error.code ?? error.message})`, hint));
    });
  });
}
