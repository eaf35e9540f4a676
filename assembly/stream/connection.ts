// What every connection shares: closing it, flushing it, and who waits for whom.
import { CMD_CLOSE, CMD_FLUSHED, CMD_SHUTDOWN, KIND_CLOSED } from '../abi';
import { foundFree } from '../listener/found';
import { bufferFree } from '../memory/buffer';
import { command } from '../memory/worker_block';
import { deadlineRemove } from './deadline';
import { inClear } from './in_buffer';
import { outClear } from './out_chain';
import { SF_CLOSE_AFTER_FLUSH, SF_SHUTDOWN_AFTER_FLUSH, SF_WRITE_EOF, Slot, slotIndex } from './slot';

/** Frees what the slot holds and has the host close its descriptor; bytes not yet sent are lost. */
export function slotClose(s: Slot, reset: bool): void {
  deadlineRemove(s);
  outClear(s);
  inClear(s);
  foundFree(s);
  if (s.sentHead) bufferFree(s.sentHead);
  s.sentHead = 0;
  s.stream = 0;
  s.io = 0;
  s.kind = <u8>KIND_CLOSED;
  command(CMD_CLOSE, slotIndex(s), reset ? 1 : 0, 0);
}

/** Has onFlushed called once everything sent so far has been taken by the kernel. */
export function whenFlushed(s: Slot, flag: u8): void {
  s.flags |= flag;
  command(CMD_FLUSHED, slotIndex(s), 0, 0);
}

/** Ends our side of the connection now that its out chain is empty. */
export function shutdownWrite(s: Slot): void {
  s.flags = (s.flags & ~SF_SHUTDOWN_AFTER_FLUSH) | SF_WRITE_EOF;
  command(CMD_SHUTDOWN, slotIndex(s), 0, 0);
}

export function closesAfterFlush(s: Slot): bool {
  return (s.flags & SF_CLOSE_AFTER_FLUSH) != 0;
}
