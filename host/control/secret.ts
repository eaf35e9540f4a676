// envoy.extensions.transport_sockets.tls.v3.Secret -> what its users need: certificates that are read and match their key. Key material
// stands in objects that neither print nor serialize, and no finding repeats any of it.
import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import type { envoy } from '../../proto/generated/api.js';
import { finding, type Finding } from '../config/finding.js';
import { fieldPath } from '../config/path.js';

type SecretMessage = envoy.extensions.transport_sockets.tls.v3.Secret;
type TlsCertificate = envoy.extensions.transport_sockets.tls.v3.TlsCertificate;
type ValidationContext = envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext;
type DataSource = envoy.config.core.v3.DataSource;

/** Bytes that nobody prints by mistake. */
export class Sensitive {
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  reveal(): Buffer {
    return this.#bytes;
  }

  toString(): string {
    return '[redacted]';
  }

  toJSON(): string {
    return '[redacted]';
  }

  [inspect.custom](): string {
    return '[redacted]';
  }
}

export type Secret =
  | {
      readonly kind: 'tls_certificate';
      /** PEM, the leaf first. */
      readonly certificateChain: Buffer;
      readonly certificates: readonly X509Certificate[];
      /** Decrypted. */
      readonly privateKey: KeyObject;
    }
  | {
      readonly kind: 'validation_context';
      /** PEM; undefined where nothing is to be trusted by its issuer. */
      readonly trustedCa: Buffer | undefined;
      readonly authorities: readonly X509Certificate[];
    }
  | { readonly kind: 'generic_secret'; readonly secret: Sensitive }
  | { readonly kind: 'session_ticket_keys'; readonly keys: readonly Sensitive[] };

export interface ReadSecret {
  /** Undefined: a finding is an error. */
  readonly secret: Secret | undefined;
  /** Files that it is made of: when one is replaced, it is read again. */
  readonly files: readonly string[];
  /** watched_directory: where their replacement shows. */
  readonly directory: string | undefined;
}

const TICKET_KEY_BYTES = 80;
/** How OpenSSL says that it would have liked to ask somebody. */
const NEEDS_PASSWORD: ReadonlySet<string> = new Set([
  'ERR_MISSING_PASSPHRASE',
  'ERR_OSSL_CRYPTO_INTERRUPTED_OR_CANCELLED',
]);
const CERTIFICATE =
  /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[\s\S]+?-----END (?:TRUSTED |X509 )?CERTIFICATE-----/g;

/** Never throws. `path`: of the Secret. Certificates that have expired, or are not valid yet, are a warning. */
export function readSecret(message: SecretMessage, path: string, findings: Finding[]): ReadSecret {
  return new Reader(findings).read(message, path);
}

class Reader {
  private readonly files: string[] = [];

  constructor(private readonly findings: Finding[]) {}

  read(message: SecretMessage, path: string): ReadSecret {
    const at = (name: string): string => fieldPath(path, name);
    const { tls_certificate: tls, validation_context: trust, generic_secret: generic } = message;
    const { session_ticket_keys: tickets } = message;
    const directory = (tls ?? trust)?.watched_directory?.path;
    let secret: Secret | undefined;
    if (tls) secret = this.tlsCertificate(tls, at('tls_certificate'));
    else if (trust) secret = this.validationContext(trust, at('validation_context'));
    else if (generic) secret = this.genericSecret(generic.secret, at('generic_secret'));
    else if (tickets) secret = this.ticketKeys(tickets.keys, at('session_ticket_keys'));
    else this.report(path, 'a secret holds a certificate, a validation context, a generic secret or ticket keys');
    return { secret, files: this.files, directory };
  }

  private report(path: string, message: string, allowed?: string): undefined {
    this.findings.push(finding('WEFT1411', path, message, allowed === undefined ? {} : { allowed }));
    return undefined;
  }

  private tlsCertificate(tls: TlsCertificate, path: string): Secret | undefined {
    const chainPath = fieldPath(path, 'certificate_chain');
    const keyPath = fieldPath(path, 'private_key');
    const certificateChain = this.bytes(tls.certificate_chain, chainPath);
    const key = this.bytes(tls.private_key, keyPath);
    const certificates = certificateChain && this.certificates(certificateChain, chainPath);
    const privateKey = key && this.privateKey(key, tls.password, path);
    if (!certificateChain || !certificates || !privateKey) return undefined;
    if (!certificates[0].checkPrivateKey(privateKey)) {
      return this.report(keyPath, 'this key does not belong to the first certificate of the chain');
    }
    return { kind: 'tls_certificate', certificateChain, certificates, privateKey };
  }

  private privateKey(key: Buffer, password: DataSource | null, path: string): KeyObject | undefined {
    const phrase = password ? this.bytes(password, fieldPath(path, 'password')) : undefined;
    if (password && !phrase) return undefined;
    try {
      return createPrivateKey({ key, format: 'pem', ...(phrase && { passphrase: phrase }) });
    } catch (error) {
      const text = NEEDS_PASSWORD.has((error as NodeJS.ErrnoException).code ?? '')
        ? 'the key is encrypted, and no password is given'
        : 'this is no private key that can be read';
      return this.report(fieldPath(path, 'private_key'), text, 'a private key in PEM, with its password');
    }
  }

  private validationContext(trust: ValidationContext, path: string): Secret | undefined {
    if (!trust.trusted_ca) return { kind: 'validation_context', trustedCa: undefined, authorities: [] };
    const at = fieldPath(path, 'trusted_ca');
    const trustedCa = this.bytes(trust.trusted_ca, at);
    const authorities = trustedCa && this.certificates(trustedCa, at);
    return authorities && { kind: 'validation_context', trustedCa, authorities };
  }

  private genericSecret(source: DataSource | null, path: string): Secret | undefined {
    const bytes = this.bytes(source, fieldPath(path, 'secret'));
    return bytes && { kind: 'generic_secret', secret: new Sensitive(bytes) };
  }

  private ticketKeys(sources: readonly DataSource[], path: string): Secret | undefined {
    const keys = sources.map((source, i) => {
      const at = `${fieldPath(path, 'keys')}[${i}]`;
      const bytes = this.bytes(source, at);
      if (!bytes || bytes.length === TICKET_KEY_BYTES) return bytes;
      return this.report(at, 'a key of session tickets has another length', `${TICKET_KEY_BYTES} bytes`);
    });
    if (keys.some((key) => key === undefined)) return undefined;
    return { kind: 'session_ticket_keys', keys: keys.map((key) => new Sensitive(key!)) };
  }

  private certificates(pem: Buffer, path: string): X509Certificate[] | undefined {
    const blocks = pem.toString('latin1').match(CERTIFICATE) ?? [];
    if (blocks.length === 0) return this.report(path, 'there is no certificate', 'certificates in PEM');
    const certificates: X509Certificate[] = [];
    for (const [i, block] of blocks.entries()) {
      try {
        certificates.push(new X509Certificate(block));
      } catch {
        return this.report(path, `certificate ${i + 1} of ${blocks.length} cannot be read`, 'certificates in PEM');
      }
    }
    for (const certificate of certificates) this.checkTime(certificate, path);
    return certificates;
  }

  // As in Envoy no error: whoever meets it in a handshake decides.
  private checkTime({ validFrom, validTo, subject }: X509Certificate, path: string): void {
    const now = Date.now();
    const isLate = now > Date.parse(validTo);
    if (!isLate && now >= Date.parse(validFrom)) return;
    const text = isLate ? `it has expired on ${validTo}` : `it is not valid before ${validFrom}`;
    this.findings.push(finding('WEFT1411', path, text, { value: subject, severity: 'warning' }));
  }

  private bytes(source: DataSource | null, path: string): Buffer | undefined {
    if (!source) return this.report(path, 'this is missing');
    const bytes = this.content(source, path);
    if (bytes?.length === 0) return this.report(path, 'this is empty');
    return bytes;
  }

  private content(source: DataSource, path: string): Buffer | undefined {
    if (source.inline_string) return Buffer.from(source.inline_string);
    if (source.filename) {
      this.files.push(source.filename);
      try {
        return readFileSync(source.filename);
      } catch (error) {
        return this.report(fieldPath(path, 'filename'), `it cannot be read: ${(error as NodeJS.ErrnoException).code}`);
      }
    }
    if (source.environment_variable) {
      const value = process.env[source.environment_variable];
      if (value === undefined) return this.report(fieldPath(path, 'environment_variable'), 'it is not set');
      return Buffer.from(value);
    }
    return Buffer.from(source.inline_bytes ?? []);
  }
}
