// request_headers_to_add / _remove and their response twins. Each level (route configuration, virtual host, route, weighted
// cluster) is one group; a group first removes, then decides its conditions on what is left, overwrites, and adds at last.
import { headerAdd, headerFindName, headerRemoveName } from '../http1/head';
import { scratch, W, WorkerState } from '../memory/worker_block';

/** Groups in the order of their evaluation: the later wins. */
@unmanaged
export class HeaderOps {
  count: u32;
  groups: u32; // address of u32[count]: HeaderGroup
}

@unmanaged
export class HeaderGroup {
  count: u32;
  removals: u32; // the first so many ops are OP_REMOVE
  ops: u32; // address of HeaderOp[count]
}

@unmanaged
export class HeaderOp {
  name: u32; // lower case
  value: u32;
  valueLength: u32;
  nameLength: u16;
  id: u8; // header_names.ts
  action: u8; // OP_*: HeaderValueOption.HeaderAppendAction
}

export const OP_APPEND_IF_EXISTS_OR_ADD: u8 = 0;
export const OP_ADD_IF_ABSENT: u8 = 1;
export const OP_OVERWRITE_IF_EXISTS_OR_ADD: u8 = 2;
export const OP_OVERWRITE_IF_EXISTS: u8 = 3;
export const OP_REMOVE: u8 = 4;

function opAt(g: HeaderGroup, i: u32): HeaderOp {
  return changetype<HeaderOp>(<usize>g.ops + <usize>i * offsetof<HeaderOp>());
}

function applies(op: HeaderOp, head: usize): bool {
  if (op.action == OP_APPEND_IF_EXISTS_OR_ADD || op.action == OP_OVERWRITE_IF_EXISTS_OR_ADD) return true;
  const exists = headerFindName(head, op.id, op.name, op.nameLength) != 0;
  return exists == (op.action == OP_OVERWRITE_IF_EXISTS);
}

function overwrites(op: HeaderOp): bool {
  return op.action == OP_OVERWRITE_IF_EXISTS_OR_ADD || op.action == OP_OVERWRITE_IF_EXISTS;
}

/** Applies one group. False when the scratch area or the head is full. */
export function applyGroup(g: HeaderGroup, head: usize): bool {
  for (let i: u32 = 0; i < g.removals; i++) {
    const op = opAt(g, i);
    headerRemoveName(head, op.id, op.name, op.nameLength);
  }
  if (g.count == g.removals) return true;
  const w = changetype<WorkerState>(W);
  const mark = w.scratch;
  const due = scratch(g.count); // u8[count]: the conditions, taken before anything is written
  if (!due) return false;
  for (let i = g.removals; i < g.count; i++) store<u8>(due + i, applies(opAt(g, i), head) ? 1 : 0);
  for (let i = g.removals; i < g.count; i++) {
    const op = opAt(g, i);
    if (!load<u8>(due + i) || !overwrites(op)) continue;
    headerRemoveName(head, op.id, op.name, op.nameLength);
    if (!headerAdd(head, op.id, op.name, op.nameLength, op.value, op.valueLength)) return false;
  }
  for (let i = g.removals; i < g.count; i++) {
    const op = opAt(g, i);
    if (!load<u8>(due + i) || overwrites(op)) continue;
    if (!headerAdd(head, op.id, op.name, op.nameLength, op.value, op.valueLength)) return false;
  }
  w.scratch = mark;
  return true;
}

/** Applies HeaderOps (0 = none). False when the head has no room: the message must not be sent. */
export function applyHeaderOps(ops: usize, head: usize): bool {
  if (!ops) return true;
  const o = changetype<HeaderOps>(ops);
  for (let i: u32 = 0; i < o.count; i++) {
    const group: usize = load<u32>(<usize>o.groups + ((<usize>i) << 2));
    if (!applyGroup(changetype<HeaderGroup>(group), head)) return false;
  }
  return true;
}
