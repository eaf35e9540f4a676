// All checks of this machine, in the order in which one leads to the next.
import { existsSync, statSync } from 'node:fs';
import { arch, release } from 'node:os';
import { parseObject, property } from '../agent/json_value.js';
import { readText } from '../iptables/surroundings.js';
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
    ...(existsSync(ROOT_CERTIFICATE) ? [certificateCheck(ROOT_CERTIFICATE, readText(ROOT_CERTIFICATE), now)] : []),
    ...(existsSync(TOKEN) ? [tokenCheck(TOKEN, readText(TOKEN), now)] : []),
    ...(await controlPlaneChecks(controlPlane(env))),
  ];
}

const conntrack = (what: string): string => readText(`/proc/sys/net/netfilter/nf_conntrack_${what}`).trim();

function machineChecks(now: number): CheckResult[] {
  const limits = readText('/proc/self/limits');
  const ports = SIDECAR_PORTS.map(({ port }) => port);
  return [
    kernelCheck(release(), arch()),
    addressSpaceCheck(limits),
    descriptorCheck(limits),
    clockCheck(now, statSync(new URL(import.meta.url)).mtimeMs),
    conntrackCheck(conntrack('count'), conntrack('max')),
    localPortCheck(readText('/proc/sys/net/ipv4/ip_local_port_range'), ports),
  ];
}

function portChecks({ isBefore, options }: RuleQuestion): CheckResult[] {
  const listening = ['tcp', 'tcp6'].flatMap((name) => parseListening(readText(`/proc/net/${name}`)));
  return isBefore ? freePortsCheck(listening) : servedPortsCheck(listening, options.proxyUids.map(Number));
}

/** `discoveryAddress` of PROXY_CONFIG, or CA_ADDR, as the injector sets them. */
function controlPlane({ PROXY_CONFIG, CA_ADDR }: NodeJS.ProcessEnv): string {
  const address = property(parseObject(PROXY_CONFIG ?? '') ?? {}, 'discoveryAddress');
  return typeof address === 'string' ? address : (CA_ADDR ?? '');
}
