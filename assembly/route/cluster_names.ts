// ClusterNames: cluster name -> cluster index, for `cluster_header`. One object, published into GLOBAL_CLUSTER_NAMES.
import { bytesHash } from '../memory/bytes';
import { bytesEqual } from '../http1/head';
import { GLOBAL_BASE, GLOBAL_CLUSTER_NAMES } from '../memory/map';
import { objectAlloc, ObjectHeader, objectNew, publish } from '../memory/object';

@unmanaged
export class ClusterNames extends ObjectHeader {
  mask: u32; // slots - 1
  slots: u32; // address of ClusterName[mask + 1]
}

@unmanaged
export class ClusterName {
  name: u32; // 0 = free slot
  length: u32;
  hash: u32;
  index: u32;
}

/** A table for `count` names; 0 when memory is exhausted. */
export function clusterNamesNew(count: u32): usize {
  let slots: u32 = 4;
  while (slots < count * 2) slots <<= 1;
  const object = objectNew(offsetof<ClusterNames>());
  if (!object) return 0;
  const t = changetype<ClusterNames>(object);
  t.mask = slots - 1;
  t.slots = <u32>objectAlloc(object, slots * offsetof<ClusterName>());
  return t.slots ? object : 0;
}

/** Adds a name (bytes that live as long as the object); at most `count` of them. */
export function clusterNamesAdd(object: usize, name: usize, length: u32, index: u32): void {
  const t = changetype<ClusterNames>(object);
  const hash = bytesHash(name, length);
  let i = hash & t.mask;
  while (nameAt(t, i).name) i = (i + 1) & t.mask;
  const slot = nameAt(t, i);
  slot.name = <u32>name;
  slot.length = length;
  slot.hash = hash;
  slot.index = index;
}

export function clusterNamesPublish(object: usize): void {
  publish(GLOBAL_BASE + GLOBAL_CLUSTER_NAMES, object);
}

function nameAt(t: ClusterNames, i: u32): ClusterName {
  return changetype<ClusterName>(<usize>t.slots + <usize>i * offsetof<ClusterName>());
}

/** The index of the cluster of that name, or -1. */
export function clusterIndexOf(name: usize, length: u32): i32 {
  const object: usize = atomic.load<u32>(GLOBAL_BASE + GLOBAL_CLUSTER_NAMES);
  if (!object || !length) return -1;
  const t = changetype<ClusterNames>(object);
  const hash = bytesHash(name, length);
  let i = hash & t.mask;
  let slot = nameAt(t, i);
  while (slot.name) {
    if (slot.hash == hash && slot.length == length && bytesEqual(slot.name, name, length)) return <i32>slot.index;
    i = (i + 1) & t.mask;
    slot = nameAt(t, i);
  }
  return -1;
}
