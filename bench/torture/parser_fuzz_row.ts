// Row 6: mutated heads through the WASM parser and the pure-JavaScript path. The bytes end 16 before the end of memory, so that a
// read beyond the guard traps; both must give the same answer.
import { parseRequest as parseRequestInJs, parseResponse as parseResponseInJs } from '../reference/http1.js';
import { PARSE_PARTIAL, W_REQUEST_HEAD, W_RESPONSE_HEAD } from '../../assembly/abi.js';
import { testCore, type TestCore } from '../../test/support/core.js';
import { goldenBytes, goldenCases } from '../../test/support/golden.js';
import { atTheEnd, mutate } from '../../test/support/mutation.js';
import { Tally, type Row } from './row.js';

type Kind = 'request' | 'response';

const SHORT = 20_000;
const LONG = 2_000_000;

function corpus(kind: Kind): Buffer[] {
  return goldenCases(new URL('../../../test/golden/http1/', import.meta.url)).flatMap((c) =>
    c.blocks.has(kind) ? [goldenBytes(c.blocks.get(kind) ?? '')] : [],
  );
}

function inCore(t: TestCore, kind: Kind, bytes: Buffer): number {
  const { exports: x } = t.worker;
  const p = atTheEnd(t, bytes, 0x61);
  x.scratchReset();
  if (kind === 'request') return x.parseRequest(t.W + W_REQUEST_HEAD, p, p + bytes.length, 100, 1);
  return x.parseResponse(t.W + W_RESPONSE_HEAD, p, p + bytes.length, 100, 0);
}

function inJs(kind: Kind, bytes: Buffer): number {
  const head = kind === 'request' ? parseRequestInJs(bytes, 100, 1) : parseResponseInJs(bytes, 100);
  return typeof head === 'number' ? head : head.consumed;
}

export const parserFuzzRow: Row = {
  number: 6,
  name: 'parser fuzz, WASM beside JavaScript, at the end of memory',
  async run({ random, short }) {
    const tally = new Tally();
    const t = testCore();
    const kinds: Kind[] = ['request', 'response'];
    const messages = new Map(kinds.map((kind) => [kind, corpus(kind)]));
    const next = (below: number): number => random.below(below);
    for (let i = 0; i < (short ? SHORT : LONG); i++) {
      const kind = kinds[i % 2];
      const bytes = mutate(messages.get(kind) ?? [], next);
      let found: number | string;
      try {
        found = inCore(t, kind, Buffer.from(bytes));
      } catch (error) {
        found = `trap: ${String(error)}`;
      }
      const wanted = inJs(kind, bytes);
      // The core may refuse what the JavaScript path still waits for: a line can be wrong before the head is whole.
      const early = wanted === PARSE_PARTIAL && typeof found === 'number' && found < 0;
      tally.check(
        found === wanted || early,
        () => `${kind} ${JSON.stringify(bytes.toString('latin1'))}: ${found}, in JS ${wanted}`,
      );
    }
    tally.notes.push('guard bytes behind every input, memory ends behind them; no trap, no read outside');
    return tally;
  },
};
