// What is said of a resource without decoding it is what decoding says.
import { expect, test } from 'vitest';
import { CLUSTER_LOAD_ASSIGNMENT, KINDS } from '../../../host/xds/kinds.js';
import { nameIn } from '../../../host/xds/known_bytes.js';
import { descriptors, encoded, message } from '../../support/discovery.js';
import { FUZZ_SEED } from '../../support/fuzz_seed.js';
import { mutate, xorshift } from '../../support/mutation.js';
import { assignment, edsCluster } from '../../support/xds_resources.js';

const RUNS = Number(process.env['WEFT_FUZZ_RUNS'] ?? 20_000);

test.each(KINDS)('$service has its name in field 1', ({ typeName, nameOf }) => {
  const type = descriptors.type(typeName);
  const field = type.fieldsById[1];
  expect([field.type, field.repeated]).toEqual(['string', false]);
  const bytes = type.encode(type.create({ [field.name]: 'grün' })).finish();
  expect(nameIn(bytes)).toBe('grün');
  expect(nameOf(type.decode(bytes) as never)).toBe('grün');
});

test(`mutated bytes have the name that decoding finds, or none (seed ${FUZZ_SEED})`, () => {
  const next = xorshift(FUZZ_SEED);
  const type = descriptors.type(CLUSTER_LOAD_ASSIGNMENT.typeName);
  const { '@type': _, ...json } = assignment('name', 1, 2, 3);
  const bytes = Buffer.from(encoded(message(CLUSTER_LOAD_ASSIGNMENT.typeName, json)));
  let same = 0;
  for (let i = 0; i < RUNS; i++) {
    const mutated = mutate([bytes], next);
    let name: string;
    try {
      name = CLUSTER_LOAD_ASSIGNMENT.nameOf(type.decode(mutated) as never);
    } catch {
      continue;
    }
    const found = nameIn(mutated);
    if (found !== undefined) expect([found, mutated.toString('hex')]).toEqual([name, mutated.toString('hex')]);
    if (found !== undefined) same++;
  }
  expect(same).toBeGreaterThan(RUNS / 100);
});

test('bytes that end too early have no name', () => {
  const { '@type': _, ...json } = edsCluster('a');
  const bytes = encoded(message('envoy.config.cluster.v3.Cluster', json));
  expect(nameIn(bytes)).toBe('a');
  expect(nameIn(bytes.subarray(0, bytes.length - 1))).toBeUndefined();
  expect(
    nameIn(Uint8Array.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1])),
  ).toBeUndefined();
  expect(nameIn(new Uint8Array())).toBe('');
});
