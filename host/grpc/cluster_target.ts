// Where the control plane is: the endpoints of a cluster, as @grpc/grpc-js names them.
import { formatAddress } from '../io/address.js';
import type { ManagedCluster } from '../cluster/managed_cluster.js';

/** "ipv4:10.0.0.1:15010,10.0.0.2:15010", "ipv6:[::1]:15010", "unix:/path"; undefined: the cluster has no endpoint now. */
export function targetOf(cluster: ManagedCluster | undefined): string | undefined {
  const addresses = (cluster?.endpoints ?? [])
    .filter(({ health }) => health !== 'draining')
    .map(({ address }) => address);
  const [first] = addresses;
  if (!first) return undefined;
  if (first.family === 'unix')
    return first.path.startsWith('@') ? `unix-abstract:${first.path.slice(1)}` : `unix:${first.path}`;
  const texts = addresses.filter(({ family }) => family === first.family).map(formatAddress);
  return `${first.family}:${texts.join(',')}`;
}
