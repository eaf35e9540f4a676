// The command line of istio-iptables, flag by flag, with the variables that say the same.

export interface IptablesFlag {
  readonly short?: string;
  /** The first that is not empty counts. */
  readonly env: readonly string[];
  /** What the value is called in the help; a switch has none. */
  readonly value?: string;
  readonly help: string;
}

const DEFINED = {
  'envoy-port': { short: 'p', value: 'port', help: 'outbound listener (15001)' },
  'inbound-capture-port': { short: 'z', value: 'port', help: 'inbound listener (15006)' },
  'inbound-tunnel-port': { short: 'e', value: 'port', help: 'tunnel port, served directly (15008)' },
  'proxy-uid': { short: 'u', value: 'uids', help: 'users that are not captured (1337)' },
  'proxy-gid': { short: 'g', value: 'gids', help: 'groups that are not captured (as -u)' },
  'istio-inbound-interception-mode': { short: 'm', value: 'mode', help: 'REDIRECT or TPROXY' },
  'istio-inbound-ports': { short: 'b', value: 'ports', help: 'captured on the way in; * is all' },
  'istio-local-exclude-ports': { short: 'd', value: 'ports', help: 'left out of -b *' },
  'istio-exclude-interfaces': { short: 'c', value: 'names', help: 'left alone, in and out' },
  'istio-service-cidr': { short: 'i', value: 'ranges', help: 'captured on the way out; * is all' },
  'istio-service-exclude-cidr': { short: 'x', value: 'ranges', help: 'left out of -i' },
  'istio-outbound-ports': { short: 'q', value: 'ports', help: 'captured on the way out, wherever to' },
  'istio-local-outbound-ports-exclude': { short: 'o', value: 'ports', help: 'never captured on the way out' },
  'kube-virt-interfaces': { short: 'k', value: 'names', help: 'of virtual machines: outbound, too' },
  'istio-inbound-tproxy-mark': { short: 't', value: 'mark', help: 'of packets for the proxy (1337)' },
  'istio-inbound-tproxy-route-table': { short: 'r', value: 'table', help: 'of packets for the proxy (133)' },
  'dry-run': { short: 'n', help: 'print the rules, change nothing' },
  'iptables-probe-port': { value: 'port', help: 'that --run-validation connects to (15002)' },
  'probe-timeout': { value: 'time', help: 'of --run-validation (5s)' },
  'skip-rule-apply': { help: 'apply nothing, for --run-validation alone' },
  'run-validation': { help: 'prove by a connection that it works' },
  'redirect-dns': { env: ['ISTIO_META_DNS_CAPTURE'], help: 'DNS of resolv.conf’s servers to 15053' },
  'capture-all-dns': { help: 'and those to every other server' },
  'drop-invalid': { env: ['INVALID_DROP'], help: 'drop packets outside the window' },
  'dual-stack': { env: ['ISTIO_DUAL_STACK', 'ISTIO_AGENT_DUAL_STACK'], help: 'IPv4 and IPv6' },
  'network-namespace': { value: 'name', help: 'to work in; a name or a path' },
  'cni-mode': { help: 'accepted; nothing differs' },
  reconcile: { help: 'replace rules that differ' },
  'cleanup-only': { help: 'remove every trace' },
  'force-apply': { help: 'replace rules that are right, too' },
  'native-nftables': { help: 'nft tables instead of iptables rules' },
  'force-iptables-binary': { value: 'kind', help: 'legacy or nft (detected)' },
} as const satisfies Record<string, Omit<IptablesFlag, 'env'> & { env?: readonly string[] }>;

export type FlagName = keyof typeof DEFINED;

function withVariable([name, flag]: [string, Omit<IptablesFlag, 'env'> & { env?: readonly string[] }]): [
  string,
  IptablesFlag,
] {
  return [name, { ...flag, env: [name.toUpperCase().replaceAll('-', '_'), ...(flag.env ?? [])] }];
}

export const FLAGS = Object.fromEntries(Object.entries(DEFINED).map(withVariable)) as Readonly<
  Record<FlagName, IptablesFlag>
>;

/** Variables that have no flag. */
export const VARIABLES: Readonly<Record<string, string>> = {
  ISTIO_OUTBOUND_OWNER_GROUPS: 'groups whose traffic is captured (*)',
  ISTIO_OUTBOUND_OWNER_GROUPS_EXCLUDE: 'groups whose traffic is not captured',
  ISTIO_OUTBOUND_IPV4_LOOPBACK_CIDR: 'loopback range that is left alone (127.0.0.1/32)',
  ENVOY_USER: 'the user that -u defaults to (istio-proxy)',
};

/** istio-iptables has the flags of Istio's logger; they are accepted and change nothing. */
export const IGNORED_FLAGS: readonly string[] = [
  'log_output_level',
  'log_as_json',
  'log_caller',
  'log_rotate',
  'log_rotate_max_age',
  'log_rotate_max_backups',
  'log_rotate_max_size',
  'log_stacktrace_level',
  'log_target',
  'vklog',
];
