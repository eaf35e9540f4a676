// The init container that redirects the Pod's traffic, or proves that a CNI plugin has done so.
import { INIT_CONTAINER, VALIDATION_CONTAINER } from './pod.js';
import type { Container, SecurityContext } from './pod.js';
import type { Settings } from './settings.js';
import type { InjectorValues } from './values.js';

/** Envoy's own statistics and the health port are reached past the proxy's listeners. */
const NEVER_CAPTURED = '15090,15021';

export function initContainer(settings: Settings, values: InjectorValues): Container | undefined {
  if (settings.mode === 'NONE') return undefined;
  const { cni } = values.interception;
  return {
    name: cni ? VALIDATION_CONTAINER : INIT_CONTAINER,
    image: settings.initImage,
    ...(values.imagePullPolicy === undefined ? {} : { imagePullPolicy: values.imagePullPolicy }),
    args: iptablesArgs(settings, values),
    ...(settings.proxyMetadata.length === 0
      ? {}
      : { env: settings.proxyMetadata.map(([name, value]) => ({ name, value })) }),
    resources: settings.resources,
    securityContext: cni ? validationContext(settings, values) : initContext(values),
    // What failed is then in the status of the Pod.
    terminationMessagePolicy: 'FallbackToLogsOnError',
  };
}

/** An array of arguments: no shell ever reads it. */
export function iptablesArgs(settings: Settings, values: InjectorValues): string[] {
  const { interception } = values;
  return [
    'istio-iptables',
    '-p',
    String(interception.outboundPort),
    '-z',
    String(interception.inboundPort),
    '-u',
    String(ruleUser(settings, values)),
    '-m',
    settings.mode,
    '-i',
    settings.includeOutboundIPRanges,
    '-x',
    settings.excludeOutboundIPRanges,
    '-b',
    settings.includeInboundPorts,
    '-d',
    [NEVER_CAPTURED, settings.excludeInboundPorts].filter((part) => part !== '').join(','),
    ...optional('-q', settings.includeOutboundPorts),
    ...optional('-o', settings.excludeOutboundPorts),
    ...optional('-k', settings.rerouteInterfaces),
    ...optional('-c', settings.excludeInterfaces),
    ...(settings.isAgentLogLevelSet ? [`--log_output_level=${settings.agentLogLevel}`] : []),
    ...(interception.cni
      ? ['--run-validation', '--skip-rule-apply']
      : interception.forceApply
        ? ['--force-apply']
        : []),
    ...(interception.nativeNftables ? ['--native-nftables'] : []),
  ];
}

function optional(flag: string, value: string): string[] {
  return value === '' ? [] : [flag, value];
}

/** A proxy that runs as root cannot be told from others by its user: its group, which `-u` names as well, tells it. */
function ruleUser(settings: Settings, { proxy }: InjectorValues): number {
  return settings.mode === 'TPROXY' || settings.capNetBindService ? proxy.gid : proxy.uid;
}

function initContext(values: InjectorValues): SecurityContext {
  return {
    allowPrivilegeEscalation: false,
    capabilities: { add: ['NET_ADMIN', 'NET_RAW'], drop: ['ALL'] },
    privileged: false,
    // xtables.lock
    readOnlyRootFilesystem: false,
    runAsGroup: 0,
    runAsNonRoot: false,
    runAsUser: 0,
    ...seccomp(values),
  };
}

function validationContext(settings: Settings, values: InjectorValues): SecurityContext {
  return {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
    privileged: false,
    readOnlyRootFilesystem: true,
    runAsGroup: values.proxy.gid,
    runAsNonRoot: true,
    runAsUser: ruleUser(settings, values),
    ...seccomp(values),
  };
}

export function seccomp({ proxy }: InjectorValues): SecurityContext {
  return proxy.seccompProfile === undefined ? {} : { seccompProfile: proxy.seccompProfile };
}
