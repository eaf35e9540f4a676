// What running traffic notices of a thousand clusters that change every second, and what is left of a hundred thousand updates.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { installed } from '../peers/child.js';
import { assignments, names, type Size, type Upstreams } from './bulk.js';
import { assignment, cluster, CLUSTER, ENDPOINTS, hostName } from './resources.js';
import type { Stage } from './stage.js';

const run = promisify(execFile);

export interface Latency {
  readonly requests: number;
  readonly p50: number; // µs
  readonly p99: number;
}

export function missingForTraffic(): string | undefined {
  return installed('h2load')
    ? undefined
    : 'h2load sends at a steady rate; install it with: apt-get install nghttp2-client';
}

export interface Traffic {
  readonly connections: number;
  /** Requests a second of each connection: far from what a proxy can take, so that nothing but the proxy makes anybody wait. */
  readonly rate: number;
  readonly seconds: number;
}

/** Throws when an answer is not 200. */
export async function traffic(port: number, host: string, { connections, rate, seconds }: Traffic): Promise<Latency> {
  const folder = mkdtempSync(join(tmpdir(), 'weft-bench-xds-'));
  const log = join(folder, 'log');
  const args = ['--h1', '-t1', `-c${connections}`, `--rps=${rate}`, `-n${connections * rate * seconds}`];
  try {
    await run('h2load', [...args, `--log-file=${log}`, `--connect-to=127.0.0.1:${port}`, `http://${host}/`]);
    const lines = readFileSync(log, 'utf8').trim().split('\n');
    const answers = lines.map((line) => line.split('\t').map(Number));
    const bad = answers.filter(([, status]) => status !== 200);
    if (bad.length > 0) throw new Error(`${bad.length} of ${answers.length} requests failed`);
    const times = answers.map(([, , micros]) => micros).toSorted((a, b) => a - b);
    const at = (part: number): number => times[Math.min(times.length - 1, Math.floor(times.length * part))];
    return { requests: times.length, p50: at(0.5), p99: at(0.99) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export interface Churn {
  readonly quiet: Latency;
  readonly churned: Latency;
  readonly changes: number; // a second
}

/** The traffic goes to a cluster that stays as it is; all others change every second. Rounds alternate, so that both see the same machine. */
export async function churn(
  stage: Stage,
  size: Size,
  upstreams: Upstreams,
  load: Traffic,
  rounds: number,
): Promise<Churn> {
  const quiet: Latency[] = [];
  const churned: Latency[] = [];
  let changes = 0;
  const all = names(size);
  const endpoints = assignments(size, upstreams);
  for (let round = 0; round < rounds; round++) {
    quiet.push(await traffic(stage.port, hostName(0), load));
    const state = { isOver: false };
    const changing = (async () => {
      for (let seconds = 2; !state.isOver; seconds = 2 + ((seconds - 1) % 9)) {
        const next = performance.now() + 1000;
        const version = stage.send(CLUSTER, [cluster(all[0]), ...all.slice(1).map((name) => cluster(name, seconds))]);
        // A server sends endpoints again for clusters that have changed: Envoy's wait for them.
        await stage.push(ENDPOINTS, endpoints);
        await stage.accepted(version);
        changes += size.clusters - 1;
        await sleep(Math.max(0, next - performance.now()));
      }
    })();
    churned.push(await traffic(stage.port, hostName(0), load));
    state.isOver = true;
    await changing;
  }
  return { quiet: median(quiet), churned: median(churned), changes: changes / (rounds * load.seconds) };
}

function median(list: readonly Latency[]): Latency {
  return list.toSorted((a, b) => a.p99 - b.p99)[Math.floor(list.length / 2)];
}

export interface Growth {
  readonly updates: number;
  readonly before: number; // bytes, RSS
  readonly after: number;
  /** What the tables of weft's core hold. */
  readonly tablesBefore: number;
  readonly tablesAfter: number;
}

/** `count` updates of endpoints, 100 clusters a response, over and over the same clusters. */
export async function updates(
  stage: Stage,
  size: Size,
  { one, two }: Upstreams,
  count: number,
  patience: number,
): Promise<Growth> {
  const all = names(size).slice(0, 100);
  let done = 0;
  const some = async (n: number): Promise<void> => {
    for (const end = done + n; done < end; done += all.length) {
      const port = (done / all.length) % 2 === 0 ? two : one;
      await stage.push(
        ENDPOINTS,
        all.map((name) => assignment(name, port, size.endpoints)),
      );
    }
  };
  await some(Math.min(10_000, count)); // the heap takes its size
  const [before, tablesBefore] = await settled(stage, patience);
  await some(count);
  const [after, tablesAfter] = await settled(stage, patience);
  return { updates: count, before, after, tablesBefore, tablesAfter };
}

/** When nothing has happened for `patience` seconds, and what is swept and given back has been. */
export async function settled(stage: Stage, patience: number): Promise<[rss: number, tables: number]> {
  let smallest = Infinity;
  for (let i = 0; i < patience; i++) {
    await sleep(1000);
    smallest = Math.min(smallest, stage.rss);
  }
  return [smallest, stage.kind === 'weft' ? await stage.peer.stat('weft.table_bytes') : 0];
}
