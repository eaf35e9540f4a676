// What the connection manager makes of heads, against what Envoy makes of them. WEFT_RECORD=1 writes Envoy's answers anew.
import { beforeAll, describe, expect, test } from 'vitest';
import { findEnvoy } from '../../support/peer.js';
import { CoreHeads } from './core.js';
import { askEnvoy } from './envoy.js';
import { fuzzGroups } from './path_fuzz.js';
import { readGroups, readRecorded, topics, writeRecorded } from './group.js';

const record = process.env['WEFT_RECORD'] !== undefined;
const envoy = findEnvoy();

describe.each(topics())('%s', (topic) => {
  const groups = readGroups(topic);

  beforeAll(async () => {
    if (record && envoy) writeRecorded(topic, await askEnvoy(groups));
  }, 60_000);

  test('the core does to heads what Envoy does', () => {
    const recorded = readRecorded(topic);
    const heads = new CoreHeads();
    for (const [i, group] of groups.entries()) {
      const seen = heads.ask(group);
      for (const [j, each] of group.cases.entries()) {
        expect.soft(seen[j], `${JSON.stringify(group.hcm)} ${each.name}`).toEqual(recorded[i][j]);
      }
    }
  });

  test.skipIf(!envoy || record)('Envoy still does what is recorded', { timeout: 60_000 }, async () => {
    expect(await askEnvoy(groups)).toEqual(readRecorded(topic));
  });
});

// Fuzz target 6.
test.skipIf(!envoy)('random paths come out of the core as they come out of Envoy', { timeout: 60_000 }, async () => {
  const groups = fuzzGroups(Number(process.env['WEFT_SEED'] ?? 1), 400);
  const seen = await askEnvoy(groups);
  const heads = new CoreHeads();
  for (const [i, group] of groups.entries()) expect(heads.ask(group)).toEqual(seen[i]);
});
