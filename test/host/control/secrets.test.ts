import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { envoy } from '../../../proto/generated/api.js';
import type { Finding } from '../../../host/config/finding.js';
import { readSecret } from '../../../host/control/secret.js';
import { SecretStore } from '../../../host/control/secrets.js';
import type { Resource, Sink } from '../../../host/xds/subscription.js';
import { hasOpenssl, selfSigned, type Certificate } from '../../support/certificates.js';
import { encoded, message } from '../../support/discovery.js';

type Json = Record<string, unknown>;
type SecretMessage = envoy.extensions.transport_sockets.tls.v3.Secret;

const has = hasOpenssl();
const folder = mkdtempSync(join(tmpdir(), 'weft-secrets-'));
let one: Certificate;
let two: Certificate;

beforeAll(() => {
  if (!has) return process.stderr.write('tests of secrets are left out: there is no openssl\n');
  one = selfSigned('one.example');
  two = selfSigned('two.example');
});
afterAll(() => rmSync(folder, { recursive: true }));

function secretOf(json: Json): SecretMessage {
  return message('envoy.extensions.transport_sockets.tls.v3.Secret', json) as unknown as SecretMessage;
}

const text = (inline_string: string): Json => ({ inline_string });
const tls = (chain: string, key: string, more: Json = {}): Json => ({
  name: 's',
  tls_certificate: { certificate_chain: text(chain), private_key: text(key), ...more },
});

function read(json: Json) {
  const findings: Finding[] = [];
  const { secret, files } = readSecret(secretOf(json), '', findings);
  return { secret, files, findings: findings.map(({ path, message: m, severity }) => `${severity} ${path}: ${m}`) };
}

describe.skipIf(!has)('reading', () => {
  test('a certificate with its key, encrypted or not', () => {
    const plain = read(tls(one.certificate, one.key)).secret;
    expect(plain).toMatchObject({ kind: 'tls_certificate' });
    const opened = read(tls(one.certificate, one.encryptedKey, { password: text('open') })).secret;
    if (plain?.kind !== 'tls_certificate' || opened?.kind !== 'tls_certificate') throw new Error('no certificate');
    expect(opened.privateKey.equals(plain.privateKey)).toBe(true);
    expect(plain.certificates[0].subject).toBe('CN=one.example');
  });

  test('a chain keeps all its certificates', () => {
    const { secret } = read(tls(one.certificate + two.certificate, one.key));
    expect(secret?.kind === 'tls_certificate' && secret.certificates.map(({ subject }) => subject)).toEqual([
      'CN=one.example',
      'CN=two.example',
    ]);
  });

  test.each<[string, () => Json, string]>([
    [
      'the key of another certificate',
      () => tls(one.certificate, two.key),
      'tls_certificate.private_key: this key does not belong to the first certificate of the chain',
    ],
    [
      'no key',
      () => tls(one.certificate, 'nonsense'),
      'tls_certificate.private_key: this is no private key that can be read',
    ],
    [
      'an encrypted key without its password',
      () => tls(one.certificate, one.encryptedKey),
      'tls_certificate.private_key: the key is encrypted, and no password is given',
    ],
    [
      'the wrong password',
      () => tls(one.certificate, one.encryptedKey, { password: text('other') }),
      'tls_certificate.private_key: this is no private key that can be read',
    ],
    ['no certificate', () => tls('nonsense', one.key), 'tls_certificate.certificate_chain: there is no certificate'],
    [
      'a broken one behind a good one',
      () => tls(one.certificate + one.certificate.replace('MII', 'AAA'), one.key),
      'tls_certificate.certificate_chain: certificate 2 of 2 cannot be read',
    ],
    [
      'a file that is not there',
      () => ({ name: 's', validation_context: { trusted_ca: { filename: join(folder, 'none') } } }),
      'validation_context.trusted_ca.filename: it cannot be read: ENOENT',
    ],
    [
      'a ticket key of another length',
      () => ({ name: 's', session_ticket_keys: { keys: [text('short')] } }),
      'session_ticket_keys.keys[0]: a key of session tickets has another length',
    ],
    ['nothing at all', () => ({ name: 's' }), ': a secret holds a certificate, a validation context'],
  ])('%s is refused, and says nothing of the key', (_, json, wanted) => {
    const { secret, findings } = read(json());
    expect(secret).toBeUndefined();
    expect(findings).toHaveLength(1);
    expect(findings[0]).toContain(wanted);
    for (const line of one.key.split('\n').filter((each) => each.length > 40)) expect(findings[0]).not.toContain(line);
  });

  test('a certificate that has expired is a warning', () => {
    const old = selfSigned('old.example', -1);
    const { secret, findings } = read({ name: 's', validation_context: { trusted_ca: text(old.certificate) } });
    expect(secret).toMatchObject({ kind: 'validation_context' });
    expect(findings).toEqual([expect.stringMatching(/^warning validation_context.trusted_ca: it has expired on /)]);
  });

  test('a secret neither prints nor serializes what is secret in it', () => {
    const all = [
      read(tls(one.certificate, one.key)).secret,
      read({ name: 's', generic_secret: { secret: text('open sesame') } }).secret,
      read({ name: 's', session_ticket_keys: { keys: [text('k'.repeat(80))] } }).secret,
    ];
    const printed = inspect(all, { depth: 10 }) + JSON.stringify(all) + String(all[1]);
    expect(printed).not.toMatch(/open sesame|kkkkkkkk/);
    for (const line of one.key.split('\n').filter((each) => each.length > 40)) expect(printed).not.toContain(line);
  });
});

function resource(json: Json): Resource<SecretMessage> {
  const made = secretOf(json);
  return { name: made.name, version: '1', message: made, bytes: encoded(made as never) };
}

const config = (name: string): envoy.extensions.transport_sockets.tls.v3.SdsSecretConfig =>
  message('envoy.extensions.transport_sockets.tls.v3.SdsSecretConfig', {
    name,
    sds_config: { ads: {} },
  }) as never;

const put = (name: string, content: string): void => {
  writeFileSync(join(folder, `${name}.new`), content);
  renameSync(join(folder, `${name}.new`), join(folder, name));
};

const file = (name: string): Json => ({ filename: join(folder, name) });

describe.skipIf(!has)('the store', () => {
  let sink: Sink<SecretMessage> | undefined;
  const asked: string[][] = [];
  const warnings: string[] = [];
  const open: SecretStore[] = [];

  function store(): SecretStore {
    asked.length = 0;
    warnings.length = 0;
    const made = new SecretStore({
      configSources: {
        check: () => [],
        subscribe: (_, __, names, to) => {
          sink = to as Sink<never>;
          asked.push([...names!]);
          return { watch: (now) => asked.push([...now]), close: () => asked.push([]) };
        },
      },
      warn: (line) => warnings.push(line),
    });
    open.push(made);
    return made;
  }

  afterEach(() => {
    for (const each of open.splice(0)) each.close();
  });

  test('one subscription serves all who want a secret, and ends with the last of them', async () => {
    const secrets = store();
    const seen: string[] = [];
    const a = secrets.watch(config('s'), () => seen.push('a'));
    const b = secrets.watch(config('s'), () => seen.push('b'));
    expect(asked).toEqual([['s']]);
    expect(a.current).toBeUndefined();
    expect(sink!.update({ changed: [resource(tls(one.certificate, one.key))], removed: [], version: '1' })).toEqual([]);
    await a.first;
    expect(seen).toEqual(['a', 'b']);
    expect(b.current).toMatchObject({ kind: 'tls_certificate' });
    expect([...secrets.current()].map(({ name }) => name)).toEqual(['s']);
    a.close();
    expect(asked).toHaveLength(1);
    b.close();
    expect(asked.at(-1)).toEqual([]);
  });

  test('what is refused leaves what was there, and nobody waits for it', async () => {
    const secrets = store();
    const handle = secrets.watch(config('s'), () => undefined);
    const refused = sink!.update({ changed: [resource(tls(one.certificate, two.key))], removed: [], version: '1' });
    expect(refused).toMatchObject([{ name: 's', findings: [{ code: 'WEFT1411' }] }]);
    await handle.first;
    expect(handle.current).toBeUndefined();
    sink!.update({ changed: [resource(tls(two.certificate, two.key))], removed: [], version: '2' });
    const there = handle.current;
    sink!.update({ changed: [resource(tls(two.certificate, one.key))], removed: ['s'], version: '3' });
    expect(handle.current).toBe(there);
  });

  test('a secret of the bootstrap is found by its name', () => {
    const secrets = store();
    const findings: Finding[] = [];
    secrets.addStatic(
      [secretOf(tls(one.certificate, one.key)), secretOf(tls(one.certificate, one.key))],
      'x',
      findings,
    );
    expect(findings).toMatchObject([{ code: 'WEFT1402', path: 'x[1].name' }]);
    expect(secrets.get('s')).toMatchObject({ kind: 'tls_certificate' });
    const bare = { name: 'none', sds_config: null };
    expect(secrets.check(bare, 'here')).toMatchObject([{ code: 'WEFT1411', path: 'here.name' }]);
  });

  test('files that are replaced are read again, and both must fit before they count', async () => {
    const secrets = store();
    put('cert', one.certificate);
    put('key', one.key);
    const names: string[] = [];
    const handle = secrets.watch(config('s'), (secret) => {
      if (secret.kind === 'tls_certificate') names.push(secret.certificates[0].subject);
    });
    const json = { name: 's', tls_certificate: { certificate_chain: file('cert'), private_key: file('key') } };
    sink!.update({ changed: [resource(json)], removed: [], version: '1' });
    put('cert', two.certificate);
    while (warnings.length === 0) await sleep(5);
    expect(warnings[0]).toContain('does not belong to the first certificate');
    expect(handle.current).toMatchObject({ certificates: [{ subject: 'CN=one.example' }] });
    put('key', two.key);
    while (names.at(-1) !== 'CN=two.example') await sleep(5);
    expect(handle.current).toMatchObject({ certificates: [{ subject: 'CN=two.example' }] });
  });
});
