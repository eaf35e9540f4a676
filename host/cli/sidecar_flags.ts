// The command line of `weft proxy sidecar`: Envoy's flags and those of pilot-agent, so that Pods written for Istio run unchanged.
import type { Flag } from './proxy_flags.js';
import { PROXY_FLAGS } from './proxy_flags.js';

export const PILOT_FLAGS: readonly Flag[] = [
  { flags: '--domain <name>', help: "the Pod's DNS domain: NAMESPACE.svc.cluster.local", kind: 'text' },
  { flags: '--serviceCluster <name>', help: 'node.cluster', kind: 'text' },
  { flags: '--proxyLogLevel <level>', help: 'as --log-level; also warning,misc:error', kind: 'text' },
  { flags: '--proxyComponentLogLevel <list>', help: 'as --component-log-level', kind: 'text' },
  { flags: '--log_output_level <list>', help: "of the Pod's life: default:info", kind: 'text' },
  { flags: '--log_as_json [bool]', help: 'the log as JSON lines', kind: 'text' },
  ...[
    '--ctrlz_address <address>',
    '--ctrlz_port <port>',
    '--keepaliveInterval <duration>',
    '--keepaliveMaxServerConnectionAge <duration>',
    '--keepaliveTimeout <duration>',
    '--log_caller <list>',
    '--log_rotate <file>',
    '--log_rotate_max_age <days>',
    '--log_rotate_max_backups <n>',
    '--log_rotate_max_size <mb>',
    '--log_stacktrace_level <list>',
    '--log_target <list>',
    '--meshConfig <file>',
    '--outlierLogPath <file>',
    '--profiling [bool]',
    '--stsPort <port>',
    '--templateFile <file>',
    '--tokenManagerPlugin <name>',
    '--trust-domain <name>',
    '--vklog <level>',
  ].map((flags): Flag => ({ flags, help: '', kind: 'text', effect: false })),
];

export const SIDECAR_FLAGS: readonly Flag[] = [...PROXY_FLAGS, ...PILOT_FLAGS];
