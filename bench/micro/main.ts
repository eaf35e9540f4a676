// `npm run bench [-- --quick] [--only TEXT]`: every contender of every case in a process of its own, then the ratios of this run.
// `--quick` runs each operation a few times and so asserts the answers without taking the time.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import Benchmark from 'benchmark';
import type { Contender, MicroCase } from './contender.js';
import { CASES } from './run.js';

const QUICK_RUNS = 100;

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean' },
    only: { type: 'string' },
    case: { type: 'string' },
    contender: { type: 'string' },
  },
});

interface Measured {
  ns: number;
  /** Relative margin of error in percent. */
  rme: number;
}

/** In the child: one contender. */
function measure({ setup, batch = 1 }: Contender): Measured {
  const operation = setup!();
  for (let i = 0; i < QUICK_RUNS; i++) operation();
  if (values.quick) return { ns: 0, rme: 0 };
  // Many short samples and the best of them: on a shared machine a long one is never left alone.
  const benchmark = new Benchmark('', operation, { minTime: 0.004, minSamples: 100, maxTime: 2 }).run();
  if (benchmark.error) throw benchmark.error;
  return { ns: (Math.min(...benchmark.stats.sample) * 1e9) / batch, rme: benchmark.stats.rme };
}

function inChild(name: string, contender: string): Measured {
  const args = [fileURLToPath(import.meta.url), '--case', name, '--contender', contender];
  const out = execFileSync(process.execPath, values.quick ? [...args, '--quick'] : args, { encoding: 'utf8' });
  return JSON.parse(out) as Measured;
}

function result(name: string, contender: Contender): Measured | string {
  if (contender.setup) return inChild(name, contender.name);
  if (values.quick) return 'another program, not in a quick run';
  const found = contender.outside?.() ?? 'nothing to run';
  return typeof found === 'number' ? { ns: found, rme: 0 } : found;
}

function report({ name, contenders }: MicroCase): void {
  process.stdout.write(`\n${name}\n`);
  let base: number | undefined;
  for (const contender of contenders) {
    const found = result(name, contender);
    let line = typeof found === 'string' ? `skipped: ${found}` : 'ok';
    if (typeof found !== 'string' && !values.quick) {
      base ??= found.ns;
      line = `${found.ns.toFixed(1).padStart(10)} ns  ${(found.ns / base).toFixed(2).padStart(6)}x`;
    }
    process.stdout.write(`  ${contender.name.padEnd(28)} ${line}\n`);
  }
}

function find(): Contender {
  const found = CASES.find((c) => c.name === values.case)?.contenders.find((c) => c.name === values.contender);
  if (!found?.setup) throw new Error(`no contender ${values.contender} in ${values.case}`);
  return found;
}

if (values.case === undefined) {
  for (const c of CASES) if (values.only === undefined || c.name.includes(values.only)) report(c);
} else {
  process.stdout.write(JSON.stringify(measure(find())));
}
