// The Secret that holds the authority, between its bytes and its meaning. Names as cert-manager and kubectl have them: tls.crt and
// tls.key are what signs, ca.crt is what to trust.
import { X509Certificate, createPrivateKey } from 'node:crypto';
import { isObject, type JsonObject } from '../webhook/json.js';
import type { KeyPair } from './authority.js';
import { trusted, type AuthorityState } from './authority_state.js';

export type SecretData = Readonly<Record<string, string>>;

/** Values in base64, as the API has them. */
export function encodeState(state: AuthorityState): SecretData {
  const { signing, next, previous } = state;
  const plain: Record<string, string> = {
    'tls.crt': signing.certificate,
    'tls.key': signing.key,
    'ca.crt': trusted(state),
    ...(next && { 'next.crt': next.pair.certificate, 'next.key': next.pair.key, 'next-from': next.at.toISOString() }),
    ...(previous && { 'previous.crt': previous.certificate, 'previous-until': previous.until.toISOString() }),
  };
  return Object.fromEntries(Object.entries(plain).map(([key, text]) => [key, Buffer.from(text).toString('base64')]));
}

/**
 * Undefined where the Secret holds no authority that could sign: it is empty as it was installed, or somebody broke it. A broken
 * `next` or `previous` alone is left out.
 */
export function decodeState(secret: JsonObject): AuthorityState | undefined {
  const data = isObject(secret.data) ? secret.data : {};
  const text = (key: string): string =>
    typeof data[key] === 'string' ? Buffer.from(data[key], 'base64').toString() : '';
  const signing = authorityPair(text('tls.crt'), text('tls.key'));
  if (signing === undefined) return undefined;
  const pair = authorityPair(text('next.crt'), text('next.key'));
  const at = time(text('next-from'));
  const certificate = text('previous.crt');
  const until = time(text('previous-until'));
  return {
    signing,
    ...(pair && at && { next: { pair, at } }),
    ...(isAuthority(certificate) && until && { previous: { certificate, until } }),
  };
}

function authorityPair(certificate: string, key: string): KeyPair | undefined {
  try {
    if (!isAuthority(certificate)) return undefined;
    const matches = new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key));
    return matches ? { certificate, key } : undefined;
  } catch {
    return undefined;
  }
}

function isAuthority(certificate: string): boolean {
  try {
    return new X509Certificate(certificate).ca;
  } catch {
    return false;
  }
}

function time(text: string): Date | undefined {
  const parsed = new Date(text);
  return text === '' || Number.isNaN(parsed.getTime()) ? undefined : parsed;
}
