// All checks of this machine, in the order in which one leads to the next.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { arch, release } from 'node:os';
import type { CheckResult } from './check.js';
import {
  addressSpaceCheck,
  clockCheck,
  conntrackCheck,
  descriptorCheck,
  kernelCheck,
  localPortCheck,
} from './machine_checks.js';
import { certificateCheck, controlPlaneChecks, tokenCheck } from './outside_checks.js';
import { freePortsCheck, parseListening, servedPortsCheck, SIDECAR_PORTS } from './port_checks.js';
import { ruleChecks } from './rule_checks.js';
import type { RuleQuestion } from './rule_checks.js';

const ROOT_CERTIFICATE = '/var/run/secrets/istio/root-cert.pem';
const TOKEN = '/var/run/secrets/tokens/istio-token';

export async function examine(question: RuleQuestion, env: NodeJS.ProcessEnv): Promise<CheckResult[]> {
  const now = Date.now();
  return [
    ...machineChecks(now),
    ...ruleChecks(question),
    ...portChecks(question),
    ...(existsSync(ROOT_CERTIFICATE) ? [certificateCheck(ROOT_CERTIFICATE, text(ROOT_CERTIFICATE), now)] : []),
    ...(existsSync(TOKEN) ? [tokenCheck(TOKEN, text(TOKEN), now)] : []),
    ...(await controlPlaneChecks(controlPlane(env))),
  ];
}

function text(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function machineChecks(now: number): CheckResult[] {
  const limits = text('/proc/self/limits');
  const conntrack = (what: string): string => text(`/proc/sys/net/netfilter/nf_conntrack_${what}`).trim();
  const ports = SIDECAR_PORTS.map(({ port }) => port);
  return [
    kernelCheck(release(), arch()),
    addressSpaceCheck(limits),
    descriptorCheck(limits),
    clockCheck(now, statSync(new URL(import.meta.url)).mtimeMs),
    conntrackCheck(conntrack('count'), conntrack('max')),
    localPortCheck(text('/proc/sys/net/ipv4/ip_local_port_range'), ports),
  ];
}

function portChecks({ isBefore, options }: RuleQuestion): CheckResult[] {
  const listening = ['tcp', 'tcp6'].flatMap((name) => parseListening(text(`/proc/net/${name}`)));
  return isBefore ? freePortsCheck(listening) : servedPortsCheck(listening, options.proxyUids.map(Number));
}

/** `discoveryAddress` of PROXY_CONFIG, or CA_ADDR, as the injector sets them. */
function controlPlane({ PROXY_CONFIG, CA_ADDR }: NodeJS.ProcessEnv): string {
  try {
    const { discoveryAddress } = JSON.parse(PROXY_CONFIG ?? '{}') as { discoveryAddress?: unknown };
    if (typeof discoveryAddress === 'string') return discoveryAddress;
  } catch {
    return CA_ADDR ?? '';
  }
  return CA_ADDR ?? '';
}
