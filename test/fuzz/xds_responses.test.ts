// Fuzz target 11 of reliability.md: responses that are mutated as bytes and as what they hold. Nothing throws, what was good serves
// on unless the response says otherwise, what is kept is bounded, and the next good response is accepted whole.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Message } from '../../host/config/message.js';
import { BackOff } from '../../host/xds/back_off.js';
import { CLUSTER, typeUrlOf } from '../../host/xds/kinds.js';
import { MAX_REFUSED } from '../../host/xds/receiver.js';
import { XdsStream } from '../../host/xds/stream.js';
import type { StreamHandlers } from '../../host/xds/transport.js';
import { deltaResource, deltaResponse, descriptors, encoded, receiverOf, sotwResponse } from '../support/discovery.js';
import { FUZZ_SEED } from '../support/fuzz_seed.js';
import { mutate, xorshift } from '../support/mutation.js';
import { edsCluster } from '../support/xds_resources.js';

type Json = Record<string, unknown>;

const RUNS = Number(process.env['WEFT_FUZZ_RUNS'] ?? 1500);
const URL = typeUrlOf(CLUSTER);
const GOOD = ['a', 'b'];

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function cluster(name: string, next: (below: number) => number): Json {
  const odd: Json[] = [
    { connect_timeout: '-1s' },
    { type: 'ORIGINAL_DST', lb_policy: 'CLUSTER_PROVIDED', eds_cluster_config: undefined },
    { per_connection_buffer_limit_bytes: 0xffff_ffff },
    { alt_stat_name: 'x'.repeat(3000) },
    { lb_policy: 'MAGLEV' },
  ];
  return edsCluster(name, next(3) === 0 ? odd[next(odd.length)] : {});
}

const make = {
  sotw: (resources: Json[], n: number) => sotwResponse(`v${n}`, `n${n}`, resources, URL),
  delta: (resources: Json[], n: number) => {
    const wrapped = resources.map((each) => deltaResource(String(each['name']), `v${n}`, undefined, each));
    return deltaResponse(`n${n}`, wrapped, [], URL);
  },
};

for (const variant of ['sotw', 'delta'] as const) {
  test(`${variant}: mutated responses never throw, never lose the last good, and leave nothing behind (seed ${FUZZ_SEED})`, () => {
    const next = xorshift(FUZZ_SEED);
    const { known, receiver, sink } = receiverOf(CLUSTER);
    known.receivers.clear();
    let handlers!: StreamHandlers;
    let sent = 0;
    const transport = {
      name: 'fuzz',
      open: (_: string, given: StreamHandlers) => {
        handlers = given;
        return {
          send: (bytes: Uint8Array) => void (sent += bytes.length),
          isWritable: true,
          end: () => undefined,
          close: () => undefined,
        };
      },
      close: () => undefined,
    };
    const stream = new XdsStream({
      transport,
      method: '/fuzz',
      isDelta: variant === 'delta',
      descriptors,
      node: { id: 'fuzz' } as never,
      nodeOnFirstMessageOnly: true,
      receiver: () => known,
      log: () => undefined,
      onConnected: () => undefined,
      backOff: new BackOff(1, 1, () => 0),
    });
    stream.update(CLUSTER, receiver);
    vi.advanceTimersByTime(5);

    const respond = (response: Message | Uint8Array): void => {
      const bytes = response instanceof Uint8Array ? response : encoded(response);
      expect(() => handlers.message(bytes)).not.toThrow();
      vi.advanceTimersByTime(5); // a stream that was ended is opened again
    };
    const good = make[variant](
      GOOD.map((name) => edsCluster(name)),
      0,
    );
    for (let n = 1; n <= RUNS; n++) {
      respond(good);
      expect(GOOD.every((name) => sink.serving.has(name))).toBe(true);
      if (variant === 'sotw') expect(known.refused.size).toBe(0);

      const names = [...GOOD, `x${next(50)}`].filter(() => next(4) > 0);
      const response = encoded(
        make[variant](
          names.map((name) => cluster(name, next)),
          n,
        ),
      );
      const before = new Map(sink.serving);
      const rejectedBefore = known.counters.rejected;
      const updates = sink.updates.length;
      respond(next(5) === 0 ? response : mutate([Buffer.from(response)], next));
      const applied = sink.updates.slice(updates);
      for (const name of before.keys()) {
        const isGone = !sink.serving.has(name);
        if (isGone) expect(applied.some(({ removed }) => removed.includes(name))).toBe(true);
      }
      if (applied.length === 0) expect(sink.serving).toEqual(before);
      expect(known.counters.rejected - rejectedBefore).toBeLessThanOrEqual(1);
      // Names are the server's to invent; what is kept of them is what serves, and what was refused last.
      expect(known.refused.size).toBeLessThanOrEqual(variant === 'sotw' ? 8 : MAX_REFUSED);
    }
    // Only what names itself in a mutated response can be there beside the good ones.
    respond(variant === 'sotw' ? good : deltaResponse('n', [], [...sink.serving.keys()], URL));
    expect([...sink.serving.keys()]).toEqual(variant === 'sotw' ? GOOD : []);
    expect(sent).toBeGreaterThan(0);
    stream.close();
    expect(vi.getTimerCount()).toBe(0);
  });
}
