// The agent's own reading of the environment that it is given: what it would refuse when the Pod starts, refuses the Pod when it
// is created, where somebody is looking.
import { readSidecarEnvironment } from '../agent/environment.js';
import type { Finding } from '../config/finding.js';
import type { Problem } from './decision.js';
import { findProxy, put } from './pod.js';
import type { Pod, StringMap } from './pod.js';

export function environmentProblems(pod: Pod): Problem[] {
  const findings: Finding[] = [];
  readSidecarEnvironment(writtenEnvironment(pod), {}, findings);
  return findings.map(({ path, value = 'nothing', allowed = 'something else' }) => ({
    code: 'invalid_environment',
    path: `spec.containers[name=istio-proxy].env[name=${/^\w+/.exec(path)?.[0]}]`,
    message: `The proxy would not start: its variable ${path} has ${value}, but takes ${allowed}.`,
    value,
    allowed,
  }));
}

/** Values that are written; those that Kubernetes fills in are right. The last of two of one name counts, as in Kubernetes. */
function writtenEnvironment(pod: Pod): StringMap {
  // Looked up in the machine, where it is not given.
  const environment: StringMap = { INSTANCE_IP: '127.0.0.1' };
  for (const { name, value } of findProxy(pod.spec)?.env ?? []) {
    if (typeof value === 'string') put(environment, name, value.replaceAll('$$', '$'));
  }
  return environment;
}
