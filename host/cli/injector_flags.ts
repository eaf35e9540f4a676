// The flags of `weft injector`.
import { COLOR_FLAG, LOG_FORMAT_FLAG, LOG_LEVELS } from './proxy_flags.js';
import type { Flag } from './proxy_flags.js';

export const INJECTOR_FLAGS: readonly Flag[] = [
  { flags: '--port <n>', help: 'of the webhook, HTTPS (default: 15017)', kind: 'count' },
  { flags: '--monitoring-port <n>', help: '/healthz, /readyz and /metrics, HTTP (default: 15014)', kind: 'count' },
  { flags: '--address <ip>', help: 'of both (default: ::, or 0.0.0.0 without IPv6)', kind: 'text' },
  { flags: '--values <file>', help: 'what is injected (docs/injection.md); followed as it changes', kind: 'text' },
  { flags: '--namespace <name>', help: 'its own (default: $POD_NAMESPACE or istio-system)', kind: 'text' },
  { flags: '--service <name>', help: 'its Service (default: sidecar-injector-service)', kind: 'text' },
  { flags: '--webhook-config <name>', help: 'whose caBundle is kept right (default: sidecar-injector)', kind: 'text' },
  { flags: '--ca-secret <name>', help: 'with its own CA (default: sidecar-injector-ca)', kind: 'text' },
  { flags: '--tls-cert-file <file>', help: 'a certificate instead of its own; followed as it changes', kind: 'text' },
  { flags: '--tls-key-file <file>', help: 'its key', kind: 'text' },
  { flags: '--ca-file <file>', help: 'its CA, for caBundle; without it caBundle is left alone', kind: 'text' },
  { flags: '--kubeconfig <file>', help: 'the API server (default: $KUBECONFIG, or the service account)', kind: 'text' },
  { flags: '--no-events', help: 'write no Kubernetes Events', kind: 'switch' },
  { flags: '--shutdown-delay <seconds>', help: 'not ready, but serving, before it ends (default: 5)', kind: 'count' },
  {
    flags: '-l, --log-level <level>',
    help: 'trace, debug (each decision), info (default), warning, error, off',
    kind: 'choice',
    choices: LOG_LEVELS,
  },
  LOG_FORMAT_FLAG,
  COLOR_FLAG,
];
