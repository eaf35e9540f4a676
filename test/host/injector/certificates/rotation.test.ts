// The life of the authority by a clock of our own, checked as the API server would check it: does what is trusted vouch for what serves?
import { X509Certificate } from 'node:crypto';
import { afterEach, expect, test } from 'vitest';
import {
  advance,
  AUTHORITY_TIMES,
  expiry,
  replaced,
  trusted,
} from '../../../../host/injector/certificates/authority_state.js';
import { decodeState, encodeState } from '../../../../host/injector/certificates/authority_secret.js';
import { AuthorityStore } from '../../../../host/injector/certificates/authority_store.js';
import { OwnCertificates } from '../../../../host/injector/certificates/own_certificates.js';
import { ApiError } from '../../../../host/injector/kubernetes/api.js';
import { FakeKubernetes } from '../../../support/fake_kubernetes.js';

const DAY = 86_400_000;
const START = new Date('2027-01-01T00:00:00Z');
const SECRET = '/api/v1/namespaces/istio-system/secrets/ca';
const at = (days: number): Date => new Date(START.getTime() + days * DAY);

/** As a client with this bundle does, at that time. */
function vouches(bundle: string, leaf: string, now: Date): boolean {
  const certificate = new X509Certificate(leaf);
  const authorities = bundle.match(/-----BEGIN[^]*?-----END CERTIFICATE-----/g) ?? [];
  return authorities.some((each) => {
    const authority = new X509Certificate(each);
    const valid = new Date(authority.validFrom) <= now && now < new Date(authority.validTo);
    return valid && certificate.checkIssued(authority) && certificate.verify(authority.publicKey);
  });
}

test('a year with two hand-overs: the next authority is trusted a day before it signs, the old one a day after', async () => {
  let state = await advance(undefined, START, AUTHORITY_TIMES);
  const first = state.signing.certificate;
  expect(expiry(first)).toEqual(at(365));
  expect(await advance(state, at(334), AUTHORITY_TIMES)).toBe(state);

  state = await advance(state, at(335.5), AUTHORITY_TIMES);
  expect(state.signing.certificate).toBe(first);
  const second = state.next?.pair.certificate ?? '';
  expect(trusted(state)).toBe(first + second);
  expect(await advance(state, at(336.4), AUTHORITY_TIMES)).toBe(state);

  state = await advance(state, at(336.5), AUTHORITY_TIMES);
  expect(state.signing.certificate).toBe(second);
  expect(trusted(state)).toBe(second + first);
  expect(await advance(state, at(337.4), AUTHORITY_TIMES)).toBe(state);

  state = await advance(state, at(337.5), AUTHORITY_TIMES);
  expect(trusted(state)).toBe(second);
});

test('an injector that slept past the end of its authority makes a new one at once', async () => {
  const state = await advance(undefined, START, AUTHORITY_TIMES);
  const after = await advance(state, at(400), AUTHORITY_TIMES);
  expect(trusted(after)).not.toContain(state.signing.certificate);
  const waiting = await advance(state, at(340), AUTHORITY_TIMES);
  expect((await advance(waiting, at(400), AUTHORITY_TIMES)).signing).toEqual(waiting.next?.pair);
});

test('the Secret holds the whole state, and a broken one counts as none', async () => {
  let state = await advance(undefined, START, AUTHORITY_TIMES);
  state = await advance(state, at(336), AUTHORITY_TIMES);
  expect(decodeState({ data: encodeState(state) })).toEqual(state);
  state = await advance(state, at(337), AUTHORITY_TIMES);
  expect(decodeState({ data: encodeState(state) })).toEqual(state);

  const data = encodeState(state);
  const other = encodeState(await advance(undefined, START, AUTHORITY_TIMES));
  expect(decodeState({})).toBeUndefined();
  expect(decodeState({ data: { ...data, 'tls.key': '' } })).toBeUndefined();
  expect(decodeState({ data: { ...data, 'tls.crt': 'aGVsbG8=' } })).toBeUndefined();
  expect(decodeState({ data: { ...data, 'tls.key': other['tls.key'] } })).toBeUndefined();
  expect(decodeState({ data: { ...data, 'previous-until': 'eA==' } })).toEqual({ signing: state.signing });
});

test('after a lost Secret the authority that still serves stays trusted for ten minutes', async () => {
  const state = await advance(undefined, START, AUTHORITY_TIMES);
  const after = await replaced(state, at(10), AUTHORITY_TIMES);
  expect(trusted(after)).toBe(after.signing.certificate + state.signing.certificate);
  const later = new Date(at(10).getTime() + 10 * 60_000);
  expect(trusted(await advance(after, later, AUTHORITY_TIMES))).toBe(after.signing.certificate);
});

// === the loop ===

let ends: AbortController[] = [];
afterEach(() => {
  for (const end of ends) end.abort();
  ends = [];
});

interface Replica {
  certificates: OwnCertificates;
  serving: string[];
  bundles: string[];
  notices: string[];
}

function startReplica(api: FakeKubernetes, now: () => Date): Replica {
  const end = new AbortController();
  ends.push(end);
  const replica = createReplica(api, now);
  void replica.certificates.run(end.signal);
  return replica;
}

function createReplica(api: FakeKubernetes, now: () => Date): Replica {
  const replica: Omit<Replica, 'certificates'> = { serving: [], bundles: [], notices: [] };
  const options = {
    dnsNames: ['sidecar-injector-service.istio-system.svc'],
    authority: AUTHORITY_TIMES,
    servingLifetimeMs: 7 * DAY,
    pollMs: 10,
    settleMs: 1,
  };
  const store = new AuthorityStore(api, { namespace: 'istio-system', name: 'ca' });
  const certificates = new OwnCertificates(
    store,
    options,
    {
      onServing: ({ certificate }) => void replica.serving.push(certificate),
      onTrusted: (bundle) => {
        replica.bundles.push(bundle);
        return Promise.resolve();
      },
      onNotice: (level, message) => void replica.notices.push(`${level}: ${message}`),
    },
    now,
  );
  return { ...replica, certificates };
}

const emptySecret = { apiVersion: 'v1', kind: 'Secret', metadata: { namespace: 'istio-system', name: 'ca' } };

test.each(['an empty Secret', 'no Secret'])(
  'ten replicas that start at once with %s agree on one authority',
  async (what) => {
    const api = new FakeKubernetes();
    if (what === 'an empty Secret') api.put(SECRET, emptySecret);
    const replicas = Array.from({ length: 10 }, () => startReplica(api, () => START));
    await expect.poll(() => replicas.every(({ serving }) => serving.length > 0), { timeout: 5000 }).toBe(true);
    const [{ bundles }] = replicas;
    for (const replica of replicas) {
      expect(replica.bundles).toEqual(bundles);
      expect(vouches(bundles[0], replica.serving[0], START)).toBe(true);
    }
    expect(replicas.flatMap(({ notices }) => notices)).toHaveLength(1);
  },
);

test('over two years no certificate serves that either replica’s bundle did not vouch for', async () => {
  let now = START;
  const api = new FakeKubernetes();
  api.put(SECRET, emptySecret);
  const replicas = [createReplica(api, () => now), createReplica(api, () => now)];
  const { signal } = new AbortController();
  for (let hour = 0; hour <= 730 * 24; hour += 23) {
    now = at(hour / 24);
    // The other one looks only after this one has moved.
    for (const { certificates } of hour % 2 === 0 ? replicas : replicas.toReversed()) {
      await certificates.refresh(signal);
      for (const { serving } of replicas.filter((each) => each.serving.length > 0)) {
        const current = serving.at(-1) ?? '';
        expect(expiry(current) > now).toBe(true);
        // Whichever of the two has written caBundle last.
        for (const { bundles } of replicas.filter((each) => each.bundles.length > 0))
          expect(vouches(bundles.at(-1) ?? '', current, now)).toBe(true);
      }
    }
  }
  for (const { bundles, serving } of replicas) {
    expect(bundles).toHaveLength(7); // one at the start, three of each hand-over
    expect(serving.length).toBeGreaterThan(100);
  }
}, 60_000);

test('without the API the last authority goes on signing, and the failure is told', async () => {
  let now = START;
  const api = new FakeKubernetes();
  api.put(SECRET, emptySecret);
  const replica = startReplica(api, () => now);
  await expect.poll(() => replica.serving.length).toBe(1);
  api.failure = new ApiError(0, 'connection refused');
  now = at(6);
  await expect.poll(() => replica.serving.length, { timeout: 5000 }).toBe(2);
  expect(replica.notices.at(-1)).toMatch(
    /^error: the injector cannot keep its authority, next try in 1 s: connection refused/,
  );
});

test('a broken Secret is mended, and the authority that serves stays trusted meanwhile', async () => {
  const api = new FakeKubernetes();
  api.put(SECRET, emptySecret);
  const replica = startReplica(api, () => START);
  await expect.poll(() => replica.serving.length).toBe(1);
  api.put(SECRET, { ...emptySecret, data: { 'tls.crt': 'bm9uc2Vuc2U=' } });
  await expect.poll(() => replica.serving.length).toBe(2);
  expect(vouches(replica.bundles.at(-1) ?? '', replica.serving[0], START)).toBe(true);
  expect(vouches(replica.bundles.at(-1) ?? '', replica.serving[1], START)).toBe(true);
  expect(decodeState(api.objects.get(SECRET) ?? {})).toBeDefined();
});
