// Large bodies of known length that nothing here needs to read move inside the kernel: socket to pipe to socket. The core offers it
// (CMD_SPLICE), the host does it when it can and reports what arrived; a host that cannot says so and bytes come as ever.
import {
  CMD_SPLICE,
  CLUSTER_STAT_UPSTREAM_CX_RX_BYTES_TOTAL,
  HCM_STAT_DOWNSTREAM_CX_RX_BYTES_TOTAL,
  IO_SPLICE,
  KIND_DOWNSTREAM_HTTP,
  KIND_UPSTREAM_HTTP,
} from '../abi';
import { HcmConfig } from '../http/hcm_config';
import { command, W, WorkerState } from '../memory/worker_block';
import { BODY_LENGTH, DS_BODY, Slot, slotAt, slotIndex, US_BODY } from './slot';
import { requestEnded } from './downstream';
import { responseEnded } from './finish';
import { Stream } from './stream';
import * as up from './upstream_stats';
import { statAdd } from '../stats/counters';

/** Below this many bytes to come a copy is cheaper than two more system calls. */
export const SPLICE_MINIMUM: u64 = 262144;

/** Offers the rest of the body that `from` is receiving to the host, to be moved to `to`. */
export function spliceOffer(from: Slot, to: Slot): void {
  if (from.bodyMode != BODY_LENGTH || from.left < SPLICE_MINIMUM || from.io & IO_SPLICE) return;
  from.io |= <u8>IO_SPLICE;
  command(CMD_SPLICE, slotIndex(from), slotIndex(to), 0);
}

/** Bytes of the body of `slot` that have yet to be received. At most 2^31 - 1 are told at a time. */
export function spliceLeft(slot: u32): u32 {
  const s = slotAt(slot);
  return s.left > 0x7fffffff ? 0x7fffffff : <u32>s.left;
}

/** `n` more bytes of the body of `slot` have been given to the other side's socket. */
export function onSpliced(slot: u32, n: u32): void {
  const s = slotAt(slot);
  if (!(s.io & IO_SPLICE) || !s.stream) return;
  const st = changetype<Stream>(<usize>s.stream);
  const d = slotAt(st.downstream - 1);
  const w = changetype<WorkerState>(W);
  s.left -= n;
  s.rxBytes += n;
  st.activity = w.now;
  if (s.left == 0) s.io &= ~(<u8>IO_SPLICE);
  if (s.kind == KIND_UPSTREAM_HTTP && s.state == US_BODY) {
    st.bytesSent += n;
    d.txBytes += n;
    up.countBytes(s.cluster, CLUSTER_STAT_UPSTREAM_CX_RX_BYTES_TOTAL, n);
    if (s.left == 0) responseEnded(st, d, s, false);
  } else if (s.kind == KIND_DOWNSTREAM_HTTP && s.state == DS_BODY) {
    st.bytesReceived += n;
    if (st.upstream) slotAt(st.upstream - 1).txBytes += n;
    statAdd(changetype<HcmConfig>(<usize>st.hcm).stats + HCM_STAT_DOWNSTREAM_CX_RX_BYTES_TOTAL, n);
    if (s.left == 0) requestEnded(st, s);
  }
}

/** The host will not, or no longer, splice for `slot`: its bytes come through onData again. */
export function onSpliceEnd(slot: u32): void {
  slotAt(slot).io &= ~(<u8>IO_SPLICE);
}
