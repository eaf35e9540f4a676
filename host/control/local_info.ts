// Who this proxy is: node.id and node.cluster of the bootstrap, and an address of this machine.
import { networkInterfaces } from 'node:os';
import type { LocalInfo } from '../compile/listener_object.js';
import type { Bootstrap } from '../config/bootstrap.js';

/** As Envoy's local_info: the first address of an interface that is not loopback. */
export function machineAddress(): string {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all.find(({ internal, family }) => !internal && family === 'IPv4')?.address ?? '127.0.0.1';
}

export function localInfo(bootstrap: Bootstrap): LocalInfo {
  return { cluster: bootstrap.node?.cluster ?? '', node: bootstrap.node?.id ?? '', address: machineAddress() };
}
