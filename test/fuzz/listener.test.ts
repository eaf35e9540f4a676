// Fuzz targets 14 and 15: ClientHellos, request lines and PROXY protocol headers, mutated, through the listener filters of the core.
// Whatever comes: no trap, nothing read behind what has come, the same verdict whole and in pieces, and nothing is held afterwards.
// WEFT_FUZZ_SEED and WEFT_FUZZ_RUNS repeat a run or make it longer.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { listenerFilter, ListenerWorld } from '../support/listener_world.js';
import { REPOSITORY } from '../support/repository.js';

const SEED = Number(process.env['WEFT_FUZZ_SEED'] ?? Date.now() % 2 ** 30);
const RUNS = Number(process.env['WEFT_FUZZ_RUNS'] ?? 4000);
const LONGEST = 2000; // bytes of a base

function corpus(): Buffer[] {
  return ['tls_inspector', 'http_inspector', 'proxy_protocol'].flatMap((file) => {
    const text = readFileSync(join(REPOSITORY, `test/golden/listener/${file}.json`), 'utf8');
    const all = (JSON.parse(text) as { bytes: string }[]).map(({ bytes }) => Buffer.from(bytes, 'base64'));
    return all.filter(({ length }) => length > 0 && length < LONGEST);
  });
}

function dice(seed: number): (below: number) => number {
  let x = Math.imul(seed, 0x9e3779b1) | 0 || 1;
  return (below) => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return below < 1 ? 0 : (x >>> 0) % below;
  };
}

const INTERESTING = [0, 1, 3, 5, 0x0a, 0x0d, 0x16, 0x20, 0x21, 0x7f, 0x80, 0xff];

function mutate(base: Buffer, roll: (below: number) => number): Buffer {
  let bytes = Buffer.from(base);
  for (let n = 1 + roll(4); n > 0; n--) {
    const at = roll(roll(2) ? Math.min(bytes.length, 90) : bytes.length);
    const piece = Buffer.from(Array.from({ length: 1 + roll(4) }, () => (roll(2) ? roll(256) : INTERESTING[roll(12)])));
    const rest = bytes.subarray(at + roll(3));
    bytes = Buffer.concat([bytes.subarray(0, at), ...(roll(3) ? [piece] : []), rest]);
  }
  return roll(8) === 0 ? bytes.subarray(0, roll(bytes.length)) : bytes;
}

const FILTERS = [
  ['tls_inspector', 'http_inspector'],
  ['http_inspector', 'tls_inspector'],
  ['proxy_protocol', 'tls_inspector', 'http_inspector'],
];

test(`listener filters survive ${RUNS} hostile beginnings (WEFT_FUZZ_SEED=${SEED})`, () => {
  const roll = dice(SEED);
  const bases = corpus();
  const worlds = FILTERS.map((names) => new ListenerWorld(names.map((name) => listenerFilter(name))));
  for (let i = 0; i < RUNS; i++) {
    const world = worlds[roll(worlds.length)];
    const bytes = mutate(bases[roll(bases.length)], roll);
    if (bytes.length === 0) continue;
    const hint = `run ${i}: ${bytes.toString('hex')}`;
    world.poison = 0x23;
    const whole = world.feed(bytes);
    const cuts = Array.from({ length: roll(6) }, () => 1 + roll(bytes.length)).toSorted((a, b) => a - b);
    expect(world.feed(bytes, cuts), hint).toEqual(whole);
    world.poison = roll(256);
    expect(world.feed(bytes), hint).toEqual(whole);
    expect(world.leftovers(), hint).toBe(0);
  }
}, 60_000);
