import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

test('the list of supported fields in README and docs is what the decoder does', () => {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/support_table.mjs', '--check'], {
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(status).toBe(0);
});
