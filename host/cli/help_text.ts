// The help texts: examples first, one screen each.
import { EXIT_CODES } from './exit_code.js';
import { doctorHelp } from './doctor_help.js';
import { REQUEST_FLAGS, WAIT_FLAGS } from './ask_flags.js';
import { INJECT_FLAGS, UNINJECT_FLAGS } from './inject_flags.js';
import { INJECTOR_FLAGS } from './injector_flags.js';
import { DEV_FLAGS } from './dev_flags.js';
import { iptablesHelp } from './iptables_help.js';
import { longName, PROXY_FLAGS, VALIDATE_FLAGS } from './proxy_flags.js';
import type { Flag } from './proxy_flags.js';
import { PILOT_FLAGS } from './sidecar_flags.js';

export const COMMANDS: Readonly<Record<string, string>> = {
  proxy: 'run the proxy',
  validate: 'check configurations without running them',
  dev: 'serve files as a control plane does, and follow their changes',
  wait: 'wait until the sidecar of this Pod is ready',
  request: 'ask the sidecar of this Pod for something',
  iptables: 'set up the packet-filter rules of a Pod (istio-iptables)',
  doctor: 'look whether all that the sidecar needs is well',
  inject: 'put the sidecar into manifests of Kubernetes',
  uninject: 'take it out again',
  injector: 'put the sidecar into Pods as they are created (admission webhook)',
  version: 'print the version',
  help: 'explain a command or an error code',
};

const WIDTH = 80;

export function generalHelp(): string {
  return `Examples:
  weft proxy -c envoy.yaml             run the proxy
  weft validate -c envoy.yaml          check a configuration; nothing listens
  weft validate *.yaml                 check many, one summary
  weft dev --proxy envoy.yaml          run it, and follow edits on save
  weft help WEFT1101                   explain an error code, offline

weft takes Envoy's v3 bootstrap and does Envoy's job.

Usage: weft COMMAND [OPTIONS]

Commands:
${table(Object.entries(COMMANDS))}

${exitCodeTable()}

\`weft help COMMAND\` says more.
`;
}

function exitCodeTable(): string {
  return `Exit codes:\n${table(EXIT_CODES.map(([code, text]) => [String(code), text]))}`;
}

function table(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, text]) => `  ${name.padEnd(width)}  ${text}`).join('\n');
}

function options(flags: readonly Flag[]): string {
  return table(flags.filter((flag) => flag.effect !== false).map((flag) => [flag.flags, flag.help]));
}

function wrap(words: readonly string[], indent: string): string {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines[lines.length - 1];
    if (last !== undefined && last.length + word.length + 1 <= WIDTH) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(indent + word);
  }
  return lines.join('\n');
}

const HELP: Readonly<Record<string, () => string>> = {
  proxy: () => `Examples:
  weft proxy -c envoy.yaml
  weft proxy -c envoy.yaml --concurrency 2 -l debug
  weft proxy -c envoy.yaml --config-yaml 'admin: {address: …}'
  weft proxy -c mesh.yaml --unsupported-fields warn

Usage: weft proxy [OPTIONS]

Options (Envoy's own, and --unsupported-fields, --color):
${options(PROXY_FLAGS)}

Accepted without effect:
${wrap(PROXY_FLAGS.filter((flag) => flag.effect === false).map(longName), '  ')}
`,
  validate: () => `Examples:
  weft validate -c envoy.yaml
  weft validate *.yaml
  kubectl get cm envoy -o jsonpath='{.data.envoy\\.yaml}' | weft validate -
  weft validate -o json envoy.yaml

Usage: weft validate [OPTIONS] [FILE...]

Builds everything as \`weft proxy\` does, and listens nowhere. Prints all findings.

Options:
${options(VALIDATE_FLAGS)}

${exitCodeTable()}
`,
  dev: () => `Examples:
  weft dev --proxy envoy.yaml                 run a proxy; edits take effect on save
  weft dev resources/                         serve every YAML and JSON file of it
  weft dev envoy.yaml --print-bootstrap > b.yaml; envoy -c b.yaml
  curl http://127.0.0.1:18000/v3/discovery:clusters

Usage: weft dev [OPTIONS] FILE...

An embedded control plane for development and tests: serves what the files hold
over xDS (ADS and single services, both variants, REST), and says what clients
acknowledge (ACK) and refuse (NACK). A file is a bootstrap, of which listeners,
clusters and secrets are served, or has lists: listeners, clusters, endpoints,
routes, ..., or resources with their "@type"; several documents in one are fine.
The files are taken together, or what was there before serves on.

Options:
${options(DEV_FLAGS)}
`,
  'proxy sidecar': () => `Examples:
  weft proxy sidecar                        on the sidecar's own configuration
  weft proxy sidecar -c envoy.yaml --log_output_level=default:info

Usage: weft proxy sidecar [OPTIONS]

Runs the proxy of a Pod: captured traffic at 15001 (outbound) and 15006
(inbound), probes and metrics at 15020, readiness at 15021, its own metrics at
15090. The Pod is read from the environment that the injector writes.

Options (those of \`weft proxy\`, and pilot-agent's):
${options(PILOT_FLAGS)}

Accepted without effect:
${wrap(PILOT_FLAGS.filter((flag) => flag.effect === false).map(longName), '  ')}
`,
  wait: () => `Examples:
  weft wait
  weft wait --timeout 30s --period 100ms
  weft wait --url http://localhost:15020/healthz/ready

Usage: weft wait [OPTIONS]

Asks until the answer is 200. Exit status 0 then, 1 when the time is over.

Options:
${options(WAIT_FLAGS)}
`,
  request: () => `Examples:
  weft request --debug-port=15020 POST drain     a preStop handler
  weft request POST 'logging?level=debug'

Usage: weft request [OPTIONS] METHOD PATH [BODY]

Asks a port of this Pod and prints the answer. Exit status 0 for 2xx, else 1.

Options:
${options(REQUEST_FLAGS)}
`,
  iptables: iptablesHelp,
  doctor: doctorHelp,
  inject: () => `Examples:
  weft inject -f deployment.yaml | kubectl apply -f -
  weft inject -f deployment.yaml --diff
  weft inject -f deployment.yaml --explain --namespace-label istio-injection=enabled
  kubectl get deployment web -o yaml | weft inject --values values.yaml -

Usage: weft inject [OPTIONS] [FILE...]

Puts the sidecar into Pods, Deployments, StatefulSets, DaemonSets, ReplicaSets,
ReplicationControllers, Jobs, CronJobs and Lists of them, as the webhook would. Comments
and the order of keys stay; standard error says what was decided for each, and why.

Options:
${options(INJECT_FLAGS)}

${exitCodeTable()}
`,
  injector: () => `Examples:
  weft injector --values values.yaml                       in a Pod, see deploy/
  weft injector --kubeconfig ~/.kube/config -l debug
  weft injector --tls-cert-file tls.crt --tls-key-file tls.key --ca-file ca.crt

Usage: weft injector [OPTIONS]

Answers AdmissionReviews at /inject. docs/injector.md tells how to run it.

Options:
${options(INJECTOR_FLAGS)}
`,
  uninject: () => `Examples:
  weft uninject -f injected.yaml
  weft inject -f pod.yaml | weft uninject -

Usage: weft uninject [OPTIONS] [FILE...]

Takes the sidecar out: the Pods are as they were before \`weft inject\` or the webhook.

Options:
${options(UNINJECT_FLAGS)}

${exitCodeTable()}
`,
  version: () => `Example:
  weft version

Usage: weft version

Prints the versions of weft, of the Envoy API it takes, and of Node.
`,
  help: () => `Examples:
  weft help proxy
  weft help WEFT1101

Usage: weft help [COMMAND | CODE]

Explains a command, or an error code without a network.
`,
};

/** The help of a command, or undefined when there is no such command. */
export function commandHelp(command: string): string | undefined {
  return Object.hasOwn(HELP, command) ? HELP[command]() : undefined;
}
