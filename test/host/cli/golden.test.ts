// Each configuration of test/golden/config/ and the text that `weft validate` prints for it.
// WEFT_UPDATE_GOLDEN=1 writes the texts anew; read the difference before it is committed.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { painter } from '../../../host/cli/color.js';
import { loadConfig } from '../../../host/cli/load_config.js';
import { reportText, summaryLine } from '../../../host/cli/report.js';
import { Descriptors } from '../../../host/config/descriptors.js';

const folder = fileURLToPath(new URL('../../golden/config/', import.meta.url));
const descriptors = new Descriptors();
const plain = painter(false);

/** Shown under the bare name of the file, so that the text does not depend on where the tree is. */
function textOf(file: string, unsupportedFields: 'refuse' | 'warn'): string {
  const request = { path: folder + file, yaml: undefined, unsupportedFields, allowUnknownFields: false, descriptors };
  const config = loadConfig(request, () => []);
  return `${reportText(config, plain)}\n${summaryLine(config, plain)}\n`.replaceAll(folder, '');
}

const cases = readdirSync(folder).filter((name) => /\.(yaml|json)$/.test(name));

for (const mode of ['refuse', 'warn'] as const) {
  test.each(cases)(`%s is explained as its golden text says (${mode})`, (file) => {
    const golden = `${folder}${file}.${mode}.txt`;
    const text = textOf(file, mode);
    if (mode === 'warn' && text === textOf(file, 'refuse')) return expect(existsSync(golden)).toBe(false);
    if (process.env.WEFT_UPDATE_GOLDEN === '1') writeFileSync(golden, text);
    expect(text).toBe(readFileSync(golden, 'utf8'));
  });
}
