// The names of all clusters, for routes that take the cluster from a header.
import { putBytes, type Core } from '../core/load.js';

/** Publishes name -> index; again after every change of the set of clusters. */
export function publishClusterNames(core: Core, clusters: readonly { name: string; index: number }[]): void {
  const object = core.exports.clusterNamesNew(clusters.length);
  if (object === 0) throw new Error('the table memory of the core is exhausted');
  for (const { name, index } of clusters) {
    const { address, length } = putBytes(core, object, name);
    core.exports.clusterNamesAdd(object, address, length, index);
  }
  core.exports.clusterNamesPublish(object);
}
