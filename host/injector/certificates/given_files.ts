// Certificates from files that somebody else renews (cert-manager, a Secret volume). Read again and again rather than watched: a
// volume changes by a symbolic link that moves, and a change that is noticed a few seconds late harms nobody.
import { X509Certificate, createPrivateKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { pause } from '../kubernetes/backoff.js';
import type { KeyPair } from './authority.js';
import type { CertificateEvents } from './own_certificates.js';

export interface CertificateFiles {
  readonly certificate: string;
  readonly key: string;
  /** What the API server is to trust; without it `caBundle` is left as it is. */
  readonly ca: string | undefined;
}

const POLL_MS = 5_000;

export class GivenFiles {
  private last = '';
  private complaint = '';

  constructor(
    private readonly files: CertificateFiles,
    private readonly events: CertificateEvents,
    private readonly pollMs = POLL_MS,
  ) {}

  /** Until the signal aborts. Never rejects; what cannot be used is told once, and the last good pair stays. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.refresh();
      await pause(this.pollMs, signal);
    }
  }

  private async refresh(): Promise<void> {
    try {
      const read = await this.read();
      const text = JSON.stringify(read);
      if (text === this.last) return;
      checkPair(read.pair, this.files);
      this.last = text;
      this.complaint = '';
      if (read.ca !== undefined) void this.events.onTrusted(read.ca);
      this.events.onServing(read.pair, read.ca ?? '');
    } catch (error) {
      const { message } = error as Error;
      if (message !== this.complaint) this.events.onNotice('error', `the certificate files cannot be used: ${message}`);
      this.complaint = message;
    }
  }

  private async read(): Promise<{ pair: KeyPair; ca: string | undefined }> {
    const { certificate, key, ca } = this.files;
    const pair = { certificate: await readFile(certificate, 'utf8'), key: await readFile(key, 'utf8') };
    return { pair, ca: ca === undefined ? undefined : await readFile(ca, 'utf8') };
  }
}

/** Throws. Between two renames a certificate may stand beside the key of its predecessor. */
function checkPair({ certificate, key }: KeyPair, files: CertificateFiles): void {
  const leaf = new X509Certificate(certificate);
  if (!leaf.checkPrivateKey(createPrivateKey(key)))
    throw new Error(`${files.key} is not the key of ${files.certificate}`);
  if (new Date(leaf.validTo) < new Date()) throw new Error(`${files.certificate} expired ${leaf.validTo}`);
}
