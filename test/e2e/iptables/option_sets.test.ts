// Every golden option set for real (row 26 of the reliability plan): applied, run again (some 20 times), written anew, cleaned.
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { goldenCases } from '../../support/golden.js';
import { GOLDEN_FOLDER, optionsOf } from '../../support/iptables.js';
import { missingForNamespaces, Namespace } from '../../support/netns.js';
import { REPOSITORY } from '../../support/repository.js';

const missing = missingForNamespaces('iptables-nft-restore', 'iptables-legacy-restore', 'nft');
if (missing !== '') console.warn(`iptables: option sets not tried in network namespaces: ${missing}`);

const DRIVER = join(REPOSITORY, 'test/e2e/iptables/option_sets.mjs');
/** Each of these takes a few programs, and there are three kinds of tables. */
const OFTEN = 20;
const OFTEN_FILES = ['default.md', 'everything.md', 'tproxy.md'];

interface Findings {
  file: string;
  error?: string;
}

/** Groups of the golden files that no machine needs to have. */
const NUMBERS: Readonly<Record<string, string>> = { java: '5001', ftp: '5002' };

function input(): string {
  const text = goldenCases(GOLDEN_FOLDER).map((golden) =>
    JSON.stringify({
      file: golden.file,
      options: optionsOf(golden),
      repeats: OFTEN_FILES.includes(golden.file) ? OFTEN : 1,
    }).replace(/"(java|ftp)"/g, (_, name: string) => `"${NUMBERS[name]}"`),
  );
  return text.join('\n');
}

describe.skipIf(missing !== '')('each set of options', () => {
  test.each(['nft', 'legacy', 'native'])(
    'by %s: applies, changes nothing again, is written anew the same, leaves no trace',
    (kind) => {
      const namespace = Namespace.create('sets')!;
      try {
        const { stdout, stderr } = namespace.run(process.execPath, [DRIVER, kind], {
          input: input(),
          timeoutMs: 300_000,
        });
        const findings = stdout
          .split('\n')
          .filter((line) => line !== '')
          .map((line) => JSON.parse(line) as Findings);
        const good = { first: true, changes: 0, repeated: true, rewritten: true, trace: '' };
        for (const found of findings) expect.soft(found).toEqual({ file: found.file, ...good });
        expect({ stderr, tried: findings.length }).toEqual({ stderr: '', tried: goldenCases(GOLDEN_FOLDER).length });
      } finally {
        namespace.remove();
      }
    },
    300_000,
  );
});
