// The workload of a Pod, by its owner: a Deployment behind a ReplicaSet, a CronJob behind a Job.
import { own, podName } from './pod.js';
import type { OwnerReference, Pod, Workload } from './pod.js';

export function workloadOf(pod: Pod): Workload | undefined {
  const owner = (pod.metadata?.ownerReferences ?? []).find(({ controller }) => controller === true);
  if (owner === undefined) {
    const name = podName(pod).replace(/-$/, '');
    return name === '' ? undefined : { apiVersion: 'v1', kind: 'Pod', name };
  }
  return behind(pod, owner);
}

function behind(pod: Pod, owner: OwnerReference): Workload {
  const [apiVersion, kind, name] = [owner.apiVersion ?? '', owner.kind ?? '', owner.name ?? '']; // null is absent, too
  const hash = own(pod.metadata?.labels, 'pod-template-hash');
  if (kind === 'ReplicaSet' && hash !== undefined && name.endsWith(`-${hash}`)) {
    return { apiVersion, kind: 'Deployment', name: name.slice(0, -hash.length - 1) };
  }
  // A CronJob names its Jobs by the minute of the schedule.
  const scheduled = kind === 'Job' ? /^(.+)-\d{8,10}$/.exec(name) : null;
  if (scheduled !== null) return { apiVersion, kind: 'CronJob', name: scheduled[1] };
  return { apiVersion, kind, name };
}
