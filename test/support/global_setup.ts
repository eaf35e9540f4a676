// Builds what the tests load, unless `npm test` has just done so.
import { execFileSync } from 'node:child_process';

export default function setup(): void {
  if (process.env['WEFT_BUILT']) return;
  execFileSync(process.execPath, ['scripts/build.mjs'], { stdio: 'inherit' });
}
