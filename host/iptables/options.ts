// Flags and environment → checked options. A flag wins over its variable; an empty variable is an unset one, as in Istio.
import { FLAGS } from './flags.js';
import type { FlagName } from './flags.js';
import * as grammar from './grammar.js';
import type { Cidr, CidrList, Grammar } from './grammar.js';
import type { Family } from './rule.js';

export interface Options {
  readonly proxyPort: number;
  readonly inboundCapturePort: number;
  readonly tunnelPort: number;
  readonly proxyUids: readonly string[];
  readonly proxyGids: readonly string[];
  readonly mode: 'REDIRECT' | 'TPROXY';
  /** Undefined: nothing is captured on its way in. */
  readonly inboundPorts: '*' | readonly number[] | undefined;
  readonly inboundExcludePorts: readonly number[];
  readonly excludeInterfaces: readonly string[];
  readonly virtualInterfaces: readonly string[];
  readonly includeCidrs: CidrList;
  readonly excludeCidrs: Readonly<Record<Family, readonly Cidr[]>>;
  readonly outboundPorts: readonly number[];
  readonly outboundExcludePorts: readonly number[];
  readonly ownerGroups: '*' | readonly string[];
  readonly ownerGroupsExclude: readonly string[];
  readonly loopbackCidr: Cidr;
  readonly tproxyMark: number;
  readonly tproxyRouteTable: number;
  readonly redirectDns: boolean;
  readonly captureAllDns: boolean;
  readonly dnsServers: Readonly<Record<Family, readonly string[]>>;
  readonly dropInvalid: boolean;
  readonly enableIpv6: boolean;
}

/** How the command goes about it; of no concern to the rules. */
export interface RunOptions {
  readonly dryRun: boolean;
  readonly skipRuleApply: boolean;
  readonly runValidation: boolean;
  readonly probePort: number;
  readonly probeTimeoutMs: number;
  readonly reconcile: boolean;
  readonly cleanupOnly: boolean;
  readonly forceApply: boolean;
  readonly nativeNftables: boolean;
  readonly forceBinary: 'legacy' | 'nft' | undefined;
  readonly networkNamespace: string | undefined;
  readonly cniMode: boolean;
}

/** A value that its grammar refuses. */
export interface BadValue {
  /** The flag or the variable that it came from. */
  readonly name: string;
  readonly value: string;
  readonly allowed: string;
}

/** What the machine knows and the rules need. */
export interface Surroundings {
  /** The id of a user by name, where there is one. */
  userId(name: string): string | undefined;
  hasIpv4: boolean;
  hasIpv6: boolean;
  /** Addresses of /etc/resolv.conf. */
  resolvers(): Record<Family, string[]>;
}

export type Given = Readonly<Partial<Record<FlagName, string>>>;

/** Values with their origin, flag before variable. */
class Values {
  readonly bad: BadValue[] = [];

  constructor(
    private readonly flags: Given,
    private readonly env: NodeJS.ProcessEnv,
  ) {}

  get<T>(flag: FlagName, parse: Grammar<T>, otherwise: T): T {
    const given = this.flags[flag];
    if (given !== undefined) return this.parsed(`--${flag}`, given, parse, otherwise);
    const variable = FLAGS[flag].env.find((name) => (this.env[name] ?? '') !== '');
    return variable === undefined ? otherwise : this.variable(variable, parse, otherwise);
  }

  variable<T>(name: string, parse: Grammar<T>, otherwise: T): T {
    const text = this.env[name] ?? '';
    return text === '' ? otherwise : this.parsed(name, text, parse, otherwise);
  }

  private parsed<T>(name: string, value: string, parse: Grammar<T>, otherwise: T): T {
    const result = parse(value);
    if (!(result instanceof grammar.Refusal)) return result;
    this.bad.push({ name, value, allowed: result.allowed });
    return otherwise;
  }
}

const NONE = { ipv4: [], ipv6: [] };
const LOOPBACK: Cidr = { family: 'ipv4', text: '127.0.0.1/32', isLoopback: true };
const DEFAULT_UID = '1337';
const DEFAULT_USER = 'istio-proxy';

/** A grammar that also takes the empty text, as "not given". */
function optional<T>(parse: Grammar<T>, otherwise: T): Grammar<T> {
  return (text) => (text === '' ? otherwise : parse(text));
}

/** What the flags and variables say; `completeOptions` adds what the machine knows. */
export interface CheckedOptions {
  readonly given: GivenOptions;
  readonly run: RunOptions;
}

/** Checked options, or all values that are refused. */
export function checkOptions(flags: Given, env: NodeJS.ProcessEnv): CheckedOptions | readonly BadValue[] {
  const values = new Values(flags, env);
  const run = runOptions(values);
  const given = givenOptions(values);
  return values.bad.length > 0 ? values.bad : { run, given };
}

function runOptions(values: Values): RunOptions {
  const flag = (name: FlagName): boolean => values.get(name, grammar.boolean, false);
  return {
    dryRun: flag('dry-run'),
    skipRuleApply: flag('skip-rule-apply'),
    runValidation: flag('run-validation'),
    probePort: values.get('iptables-probe-port', grammar.port, 15_002),
    probeTimeoutMs: values.get('probe-timeout', grammar.duration, 5000),
    reconcile: flag('reconcile'),
    cleanupOnly: flag('cleanup-only'),
    forceApply: flag('force-apply'),
    nativeNftables: flag('native-nftables'),
    forceBinary: values.get(
      'force-iptables-binary',
      optional<'legacy' | 'nft' | undefined>(grammar.oneOf('legacy', 'nft'), undefined),
      undefined,
    ),
    networkNamespace: values.get(
      'network-namespace',
      optional<string | undefined>(grammar.networkNamespace, undefined),
      undefined,
    ),
    cniMode: flag('cni-mode'),
  };
}

export type GivenOptions = Omit<Options, 'dnsServers' | 'enableIpv6'> & { dualStack: boolean; proxyUser: string };

function givenOptions(values: Values): GivenOptions {
  const { get, variable } = { get: values.get.bind(values), variable: values.variable.bind(values) };
  return {
    proxyPort: get('envoy-port', grammar.port, 15_001),
    inboundCapturePort: get('inbound-capture-port', grammar.port, 15_006),
    tunnelPort: get('inbound-tunnel-port', grammar.port, 15_008),
    proxyUids: get('proxy-uid', grammar.idList, []),
    proxyGids: get('proxy-gid', grammar.idList, []),
    proxyUser: variable('ENVOY_USER', grammar.userName, DEFAULT_USER),
    mode: get('istio-inbound-interception-mode', optional(grammar.oneOf('REDIRECT', 'TPROXY'), 'REDIRECT'), 'REDIRECT'),
    inboundPorts: get('istio-inbound-ports', grammar.inboundPorts, undefined),
    inboundExcludePorts: get('istio-local-exclude-ports', grammar.portList, []),
    excludeInterfaces: get('istio-exclude-interfaces', grammar.interfaceList, []),
    virtualInterfaces: get('kube-virt-interfaces', grammar.interfaceList, []),
    includeCidrs: get('istio-service-cidr', grammar.cidrsOrAll, NONE),
    excludeCidrs: get('istio-service-exclude-cidr', grammar.cidrList, NONE),
    outboundPorts: get('istio-outbound-ports', grammar.portList, []),
    outboundExcludePorts: get('istio-local-outbound-ports-exclude', grammar.portList, []),
    ownerGroups: variable('ISTIO_OUTBOUND_OWNER_GROUPS', grammar.groupsOrAll, '*'),
    ownerGroupsExclude: variable('ISTIO_OUTBOUND_OWNER_GROUPS_EXCLUDE', grammar.groupList, []),
    loopbackCidr: variable('ISTIO_OUTBOUND_IPV4_LOOPBACK_CIDR', grammar.loopbackCidr, LOOPBACK),
    tproxyMark: get('istio-inbound-tproxy-mark', grammar.mark, 1337),
    tproxyRouteTable: get('istio-inbound-tproxy-route-table', grammar.routeTable, 133),
    redirectDns: get('redirect-dns', grammar.boolean, false),
    captureAllDns: get('capture-all-dns', grammar.boolean, false),
    dropInvalid: get('drop-invalid', grammar.boolean, false),
    dualStack: get('dual-stack', grammar.boolean, false),
  };
}

/** IPv6 is on where the Pod has no IPv4 address, or with --dual-stack where it has one of IPv6 too. */
export function completeOptions(given: GivenOptions, machine: Surroundings): Options {
  const { dualStack, proxyUser, ...rest } = given;
  const { hasIpv4, hasIpv6, userId, resolvers } = machine;
  const uids = given.proxyUids.length > 0 ? given.proxyUids : [userId(proxyUser) ?? DEFAULT_UID];
  return {
    ...rest,
    proxyUids: uids,
    proxyGids: given.proxyGids.length > 0 ? given.proxyGids : uids,
    enableIpv6: hasIpv6 && (dualStack || !hasIpv4),
    dnsServers: given.redirectDns && !given.captureAllDns ? resolvers() : NONE,
  };
}
