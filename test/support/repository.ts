// The root of the tree, found from the sources as well as from dist/.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

function findRoot(from: string): string {
  if (existsSync(join(from, 'package.json'))) return from;
  return findRoot(dirname(from));
}

export const REPOSITORY = findRoot(dirname(fileURLToPath(import.meta.url)));
