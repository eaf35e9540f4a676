// The proxy's container.
import { proxyEnvironment } from './proxy_environment.js';
import { PROXY_CONTAINER } from './pod.js';
import type { Container, Fields, Probe, SecurityContext } from './pod.js';
import { seccomp } from './init_container.js';
import type { Settings } from './settings.js';
import type { TemplateInput } from './template.js';
import type { InjectorValues } from './values.js';
import { volumeMounts } from './volumes.js';

export const HEALTH_PORT = 15021;
const PROMETHEUS_PORT = 15090;

export function proxyContainer(input: TemplateInput): Container {
  const { settings, values } = input;
  return {
    name: PROXY_CONTAINER,
    image: settings.image,
    ...(values.imagePullPolicy === undefined ? {} : { imagePullPolicy: values.imagePullPolicy }),
    ...(settings.isNative ? { restartPolicy: 'Always' } : {}),
    ports: [{ containerPort: PROMETHEUS_PORT, name: 'http-envoy-prom', protocol: 'TCP' }],
    args: proxyArgs(settings, values),
    ...lifecycle(settings, values),
    env: proxyEnvironment(input),
    ...probes(settings, values),
    resources: settings.resources,
    securityContext: securityContext(settings, values),
    terminationMessagePolicy: 'FallbackToLogsOnError',
    volumeMounts: volumeMounts(settings, values),
  };
}

/** Kubernetes puts the namespace in. */
function proxyArgs(settings: Settings, values: InjectorValues): string[] {
  return [
    'proxy',
    'sidecar',
    '--domain',
    `$(POD_NAMESPACE).svc.${values.clusterDomain}`,
    `--proxyLogLevel=${settings.logLevel}`,
    `--proxyComponentLogLevel=${settings.componentLogLevel}`,
    `--log_output_level=${settings.agentLogLevel}`,
  ];
}

/** A native sidecar outlives the application: it drains when the Pod begins to end, and is told to stop last. */
function lifecycle(settings: Settings, values: InjectorValues): Fields {
  if (values.proxy.lifecycle !== undefined) return { lifecycle: values.proxy.lifecycle };
  if (settings.holdApplication) return { lifecycle: { postStart: { exec: { command: ['weft', 'wait'] } } } };
  if (!settings.isNative || settings.statusPort === 0) return {};
  const command = ['weft', 'request', `--debug-port=${settings.statusPort}`, 'POST', 'drain'];
  return { lifecycle: { preStop: { exec: { command } } } };
}

function probes(settings: Settings, values: InjectorValues): { readinessProbe?: Probe; startupProbe?: Probe } {
  if (settings.statusPort === 0) return {};
  const { startup } = values.proxy;
  const httpGet = { path: '/healthz/ready', port: HEALTH_PORT };
  const { initialDelaySeconds, periodSeconds, timeoutSeconds, failureThreshold } = settings.readiness;
  return {
    readinessProbe: { httpGet, initialDelaySeconds, periodSeconds, timeoutSeconds, failureThreshold },
    ...(startup.enabled
      ? {
          startupProbe: {
            httpGet,
            periodSeconds: startup.periodSeconds,
            timeoutSeconds: startup.timeoutSeconds,
            failureThreshold: startup.failureThreshold,
          },
        }
      : {}),
  };
}

/** TPROXY needs root to open transparent sockets; everything else runs as a user that can do nothing. */
function securityContext(settings: Settings, values: InjectorValues): SecurityContext {
  const isTproxy = settings.mode === 'TPROXY';
  const add = [...(isTproxy ? ['NET_ADMIN'] : []), ...(settings.capNetBindService ? ['NET_BIND_SERVICE'] : [])];
  return {
    allowPrivilegeEscalation: false,
    capabilities: { ...(add.length === 0 ? {} : { add }), drop: ['ALL'] },
    privileged: false,
    readOnlyRootFilesystem: true,
    runAsGroup: values.proxy.gid,
    runAsNonRoot: add.length === 0,
    runAsUser: add.length === 0 ? values.proxy.uid : 0,
    ...seccomp(values),
  };
}
