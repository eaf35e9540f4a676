// `npm run torture [-- --short] [--rows 3,9] [--seed N] [--peer envoy] [--out FILE]`: each row as tried / survived / lost.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { findEnvoy, type PeerKind } from '../../test/support/peer.js';
import { bodyIntegrityRow } from './body_integrity_row.js';
import { corpusRow } from './corpus_row.js';
import { desyncRow } from './desync_row.js';
import { drainRow } from './drain_row.js';
import { idleConnectionsRow } from './idle_connections_row.js';
import { Random } from './random.js';
import { parserFuzzRow } from './parser_fuzz_row.js';
import { responseQueueRow } from './response_queue_row.js';
import { slowHttpRow } from './slow_http_row.js';
import { upstreamChaosRow } from './upstream_chaos_row.js';
import { workerCrashRow } from './worker_crash_row.js';
import type { Context, Row } from './row.js';

const ROWS: Row[] = [
  corpusRow,
  desyncRow,
  responseQueueRow,
  parserFuzzRow,
  slowHttpRow,
  idleConnectionsRow,
  drainRow,
  upstreamChaosRow,
  bodyIntegrityRow,
  workerCrashRow,
];

const { values } = parseArgs({
  options: {
    short: { type: 'boolean', default: false },
    rows: { type: 'string' },
    seed: { type: 'string', default: '1' },
    peer: { type: 'string', default: 'weft' },
    out: { type: 'string' },
  },
});

const lines = [
  '| # | what | seed | tried | survived | lost | notes |',
  '| --- | --- | ---: | ---: | ---: | ---: | --- |',
];
let lost = 0;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function runRow(row: Row): Promise<void> {
  const seed = Number(values.seed);
  const context: Context = { kind: values.peer as PeerKind, random: new Random(seed), short: values.short };
  const missing = row.missing?.(context);
  if (missing !== undefined) return say(`row ${row.number}, ${row.name}: left out: ${missing}`);
  const started = performance.now();
  const { tried, survived, losses, notes } = await row.run(context);
  const failed = tried - survived;
  lost += failed;
  lines.push(`| ${row.number} | ${row.name} | ${seed} | ${tried} | ${survived} | ${failed} | ${notes.join('; ')} |`);
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  say(`row ${row.number}, ${row.name}: tried ${tried}, survived ${survived}, lost ${failed} (${seconds} s)`);
  for (const note of notes) say(`  ${note}`);
  for (const loss of losses) say(`  lost: ${loss}`);
}

if (values.peer === 'envoy' && findEnvoy() === undefined) throw new Error('Envoy is not installed');
const wanted = values.rows?.split(',').map(Number);
for (const row of ROWS) if (wanted === undefined || wanted.includes(row.number)) await runRow(row);
say(`\n${lines.join('\n')}`);
if (values.out) writeFileSync(values.out, `${lines.join('\n')}\n`);
process.exit(lost > 0 ? 1 : 0);
