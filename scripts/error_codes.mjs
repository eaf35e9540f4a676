// Writes docs/errors.md from the codes and exit codes in the code; needs dist/host (scripts/build.mjs).
import { writeFileSync } from 'node:fs';
import { errorDocument } from '../dist/host/cli/documentation.js';

writeFileSync(new URL('../docs/errors.md', import.meta.url), errorDocument());
