// docs/iptables.md names every flag and variable that there is, and nothing else.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { FLAGS, VARIABLES } from '../../host/iptables/flags.js';

const text = readFileSync(new URL('../../docs/iptables.md', import.meta.url), 'utf8');

function byFlag(a: { flag: string }, b: { flag: string }): number {
  return a.flag.localeCompare(b.flag);
}

test('the table of options has each flag with its variables', () => {
  const rows = [...text.matchAll(/^\| ((?:`-.`, )?`--[a-z-]+`) \| ([^|]*) \|/gm)].map(([, flag, variables]) => ({
    flag,
    variables,
  }));
  const wanted = Object.entries(FLAGS).map(([name, { short, env }]) => ({
    flag: `${short === undefined ? '' : `\`-${short}\`, `}\`--${name}\``,
    variables: env.map((variable) => `\`${variable}\``).join(', '),
  }));
  expect(rows.sort(byFlag)).toEqual(wanted.sort(byFlag));
});

test('variables without a flag are named', () => {
  for (const name of Object.keys(VARIABLES)) expect(text).toContain(`\`${name}\``);
});
