// The listener filters of a connection, one after the other: each looks at the bytes that have come without taking them out of the
// kernel (PROXY protocol excepted), and is asked again when more have come.
import {
  CMD_DISCARD,
  CMD_ORIGINAL_DST,
  CMD_READ,
  IO_PEEK,
  IO_READ,
  IO_READABLE,
  STEP_HTTP_INSPECTOR,
  STEP_ORIGINAL_DST,
  STEP_ORIGINAL_SRC,
  STEP_PROXY_PROTOCOL,
  STEP_TLS_INSPECTOR,
  TRANSPORT_RAW_BUFFER,
} from '../abi';
import { ConnFacts } from '../http/conn_facts';
import { command } from '../memory/worker_block';
import { Slot, SLOT_FACTS, slotIndex } from '../stream/slot';
import { foundSetSource } from './found';
import { httpInspect } from './http_inspector';
import { Listener, ListenerFilter, listenerFilterAt } from './listener';
import { Predicate, predicateHolds } from './predicate';
import { proxyConsumed, proxyInspect } from './proxy_protocol';
import { tlsInspect } from './tls_inspector';

// What a filter says of the bytes so far, and the filters together of the connection.
export const STEPS_WAIT: i32 = 0; // more bytes are needed, or an answer of the host
export const STEPS_DONE: i32 = 1; // nothing more is to be found out
export const STEPS_CLOSE: i32 = 2; // the connection is to be closed

/** Goes on with the filter at `d.step`, of which no bytes have been seen. */
export function stepsRun(d: Slot, l: Listener): i32 {
  for (; d.step < l.filterCount; d.step++) {
    const f = listenerFilterAt(l, d.step);
    if (!applies(f, d)) continue;
    if (f.kind == STEP_ORIGINAL_SRC) {
      if (!foundSetSource(d, f.limit)) return STEPS_CLOSE;
      continue;
    }
    if (f.kind == STEP_ORIGINAL_DST) {
      d.io &= ~(<u8>(IO_PEEK | IO_READ));
      const facts = changetype<ConnFacts>(changetype<usize>(d) + SLOT_FACTS);
      command(CMD_ORIGINAL_DST, slotIndex(d), facts.localFamily, 0);
    } else {
      peek(d);
    }
    return STEPS_WAIT;
  }
  return STEPS_DONE;
}

/** Shows the filters, from the one at `d.step` on, the `n` bytes at `p`, all that the kernel has. */
export function stepsBytes(d: Slot, l: Listener, p: usize, n: u32): i32 {
  while (d.step < l.filterCount) {
    const f = listenerFilterAt(l, d.step);
    if (applies(f, d)) {
      if (f.kind == STEP_ORIGINAL_DST || !n) return stepsRun(d, l);
      const result = inspect(f, d, p, n);
      const consumed = f.kind == STEP_PROXY_PROTOCOL ? proxyConsumed : 0;
      if (consumed) {
        command(CMD_DISCARD, slotIndex(d), consumed, 0);
        p += consumed;
        n -= consumed;
        // What is behind may be all there is for now, or the header goes on behind what was peeked at: see again.
        if (result == STEPS_WAIT) command(CMD_READ, slotIndex(d), 0, 0);
      }
      if (result != STEPS_DONE) return result;
    }
    d.step++;
  }
  return STEPS_DONE;
}

function applies(f: ListenerFilter, d: Slot): bool {
  // As in Envoy: what is TLS is no HTTP in the clear.
  if (f.kind == STEP_HTTP_INSPECTOR && d.transport != TRANSPORT_RAW_BUFFER) return false;
  if (!f.disabled) return true;
  const facts = changetype<ConnFacts>(changetype<usize>(d) + SLOT_FACTS);
  return !predicateHolds(changetype<Predicate>(<usize>f.disabled), facts);
}

function inspect(f: ListenerFilter, d: Slot, p: usize, n: u32): i32 {
  if (f.kind == STEP_ORIGINAL_SRC) return foundSetSource(d, f.limit) ? STEPS_DONE : STEPS_CLOSE;
  if (f.kind == STEP_TLS_INSPECTOR) return tlsInspect(d, f, p, n);
  if (f.kind == STEP_HTTP_INSPECTOR) return httpInspect(d, f, p, n);
  return proxyInspect(d, f, p, n);
}

// Bytes may have come before the filter was reached: they are announced once only.
function peek(d: Slot): void {
  d.io |= <u8>(IO_PEEK | IO_READ);
  if (d.io & IO_READABLE) command(CMD_READ, slotIndex(d), 0, 0);
}
