// Certificates from files, as they are replaced under the running injector.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  createAuthority,
  issueServingCertificate,
  type KeyPair,
} from '../../../../host/injector/certificates/authority.js';
import { GivenFiles } from '../../../../host/injector/certificates/given_files.js';

const DAY = 86_400_000;
let folder: string;
let end: AbortController;
let serving: string[];
let trusted: string[];
let notices: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weft-given-'));
  end = new AbortController();
  [serving, trusted, notices] = [[], [], []];
});
afterEach(() => {
  end.abort();
  rmSync(folder, { recursive: true });
});

async function pair(now = new Date()): Promise<KeyPair & { ca: string }> {
  const authority = await createAuthority(now, DAY);
  return { ...(await issueServingCertificate(authority, ['a.b.svc'], now, DAY)), ca: authority.certificate };
}

function write({ certificate, key, ca }: Partial<KeyPair & { ca: string }>): void {
  if (certificate !== undefined) writeFileSync(join(folder, 'tls.crt'), certificate);
  if (key !== undefined) writeFileSync(join(folder, 'tls.key'), key);
  if (ca !== undefined) writeFileSync(join(folder, 'ca.crt'), ca);
}

function start(ca: boolean): void {
  const files = {
    certificate: join(folder, 'tls.crt'),
    key: join(folder, 'tls.key'),
    ca: ca ? join(folder, 'ca.crt') : undefined,
  };
  const mine = { serving, trusted, notices }; // a round that outlives its test tells the next one nothing
  const events = {
    onServing: ({ certificate }: KeyPair) => void mine.serving.push(certificate),
    onTrusted: (bundle: string) => {
      mine.trusted.push(bundle);
      return Promise.resolve();
    },
    onNotice: (_: string, message: string) => void mine.notices.push(message),
  };
  void new GivenFiles(files, events, 5).run(end.signal);
}

test('a pair serves, and its successor when the files change', async () => {
  const [one, two] = [await pair(), await pair()];
  write(one);
  start(true);
  await expect.poll(() => serving).toEqual([one.certificate]);
  expect(trusted).toEqual([one.ca]);
  write(two);
  await expect.poll(() => serving.at(-1)).toBe(two.certificate);
  expect(trusted.at(-1)).toBe(two.ca);
});

test('without a CA file nothing is said of trust', async () => {
  write(await pair());
  start(false);
  await expect.poll(() => serving.length).toBe(1);
  expect(trusted).toEqual([]);
});

test.each([
  ['a key of another certificate', async () => write({ key: (await pair()).key }), 'is not the key of'],
  ['no PEM', () => write({ certificate: 'nonsense' }), 'cannot be used'],
  ['a missing file', () => rmSync(join(folder, 'tls.key')), 'ENOENT'],
  ['an expired certificate', async () => write(await pair(new Date(Date.now() - 2 * DAY))), 'expired'],
])('%s is told once, and the last good pair stays', async (_, harm, message) => {
  const good = await pair();
  write(good);
  start(true);
  await expect.poll(() => serving.length).toBe(1);
  await harm();
  await expect.poll(() => notices.join()).toContain(message);
  const told = notices.length; // a read between two of the writes may have met half of the change, too
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(notices).toHaveLength(told);
  expect(new Set(serving)).toEqual(new Set([good.certificate]));
  const next = await pair();
  write(next);
  await expect.poll(() => serving.at(-1)).toBe(next.certificate);
});
