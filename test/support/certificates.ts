// Certificates for tests, made by the openssl program; undefined where there is none.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Certificate {
  readonly certificate: string;
  readonly key: string;
  /** The same key, encrypted with the pass phrase `open`. */
  readonly encryptedKey: string;
}

export function hasOpenssl(): boolean {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function openssl(...args: string[]): void {
  execFileSync('openssl', args, { stdio: 'ignore' });
}

/** A self-signed certificate of a name; with `days` -1 it has expired. */
export function selfSigned(name: string, days = 30): Certificate {
  const folder = mkdtempSync(join(tmpdir(), 'weft-certificate-'));
  const at = (file: string): string => join(folder, file);
  try {
    openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', at('key'));
    openssl('req', '-new', '-key', at('key'), '-subj', `/CN=${name}`, '-out', at('request'));
    openssl('x509', '-req', '-in', at('request'), '-signkey', at('key'), '-out', at('certificate'), '-days', `${days}`);
    openssl('pkcs8', '-topk8', '-in', at('key'), '-passout', 'pass:open', '-out', at('encrypted'));
    const read = (file: string): string => readFileSync(at(file), 'utf8');
    return { certificate: read('certificate'), key: read('key'), encryptedKey: read('encrypted') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
