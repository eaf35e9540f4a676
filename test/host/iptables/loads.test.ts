// The init container runs `weft iptables` in every Pod before it starts: nothing of the proxy loads with it.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { REPOSITORY } from '../../support/repository.js';

const STATIC_IMPORT = /^(?:import|export)\s+(?!type\s)[^'"]*?from\s+'([^']+)'/gm;

/** Files and packages that load with a file, without what is imported when it is needed. */
function loaded(from: string, seen = new Set<string>()): Set<string> {
  if (seen.has(from)) return seen;
  seen.add(from);
  if (!from.startsWith('host/')) return seen;
  for (const [, name] of readFileSync(join(REPOSITORY, from), 'utf8').matchAll(STATIC_IMPORT))
    loaded(name.startsWith('.') ? join(dirname(from), name).replace(/\.js$/, '.ts') : name, seen);
  return seen;
}

test('weft iptables loads no package but its parser of command lines, and no part of the proxy', () => {
  const all = [...loaded('host/cli/iptables.ts', loaded('host/cli/main.ts'))];
  expect(all).toContain('host/iptables/rules.ts');
  expect(all.filter((name) => !name.startsWith('host/') && !name.startsWith('node:'))).toEqual(['commander']);
  const proxy = /^host\/(core|data|compile|control|filter|process|cluster|admin|stats|access_log|injector)\//;
  expect(all.filter((name) => proxy.test(name))).toEqual([]);
  const io = all.filter((name) => name.startsWith('host/io/'));
  expect(io.sort()).toEqual(['host/io/address.ts', 'host/io/constants.ts']);
});
