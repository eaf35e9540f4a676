// ClusterNames: cluster name -> cluster index, for `cluster_header`. One object, published into GLOBAL_CLUSTER_NAMES.
import { bytesTableAdd, bytesTableFind, bytesTableNew } from '../memory/bytes_table';
import { GLOBAL_BASE, GLOBAL_CLUSTER_NAMES } from '../memory/map';
import { ObjectHeader, objectNew, publish } from '../memory/object';

@unmanaged
class ClusterNames extends ObjectHeader {
  table: u32; // BytesTable: name -> index + 1
}

/** A table for `count` names; 0 when memory is exhausted. */
export function clusterNamesNew(count: u32): usize {
  const object = objectNew(<u32>offsetof<ClusterNames>());
  if (!object) return 0;
  const names = changetype<ClusterNames>(object);
  names.table = <u32>bytesTableNew(object, count);
  return names.table ? object : 0;
}

/** Adds a name (bytes that live as long as the object); at most `count` of them. */
export function clusterNamesAdd(object: usize, name: usize, length: u32, index: u32): void {
  bytesTableAdd(changetype<ClusterNames>(object).table, name, length, index + 1);
}

export function clusterNamesPublish(object: usize): void {
  publish(GLOBAL_BASE + GLOBAL_CLUSTER_NAMES, object);
}

/** The index of the cluster of that name, or -1. */
export function clusterIndexOf(name: usize, length: u32): i32 {
  const object: usize = atomic.load<u32>(GLOBAL_BASE + GLOBAL_CLUSTER_NAMES);
  if (!object || !length) return -1;
  return <i32>bytesTableFind(changetype<ClusterNames>(object).table, name, length) - 1;
}
