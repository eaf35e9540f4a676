// Probes and lifecycle hooks of the application, served by the proxy: the kubelet's connections come from outside the Pod
// and would be captured, with mutual TLS refused. The originals go to the agent in Istio's shape.
import { APP_PROBERS, withProxyVariable } from './proxy_environment.js';
import { findProxy, isFields, PROXY_CONTAINER } from './pod.js';
import type { Container, Fields, Handler, HttpGet, Pod, PodSpec, Probe } from './pod.js';
import type { Settings } from './settings.js';

const PROBES = [
  ['readinessProbe', 'readyz'],
  ['livenessProbe', 'livez'],
  ['startupProbe', 'startupz'],
] as const;
const HOOKS = [
  ['preStop', 'prestopz'],
  ['postStart', 'poststartz'],
] as const;

type Probers = Map<string, Fields>;

/** The Pod with its probes rewritten, and the warnings about those that could not be. */
export function rewriteProbes(pod: Pod, settings: Settings, warnings: string[]): Pod {
  const spec = pod.spec as PodSpec;
  const proxy = findProxy(spec);
  if (!settings.rewriteProbes || proxy === undefined) return pod;
  const probers: Probers = new Map();
  const rewrite = (container: Container): Container =>
    container.name === PROXY_CONTAINER ? container : rewritten(container, settings.statusPort, probers, warnings);
  const containers = spec.containers?.map(rewrite);
  const initContainers = spec.initContainers?.map(rewrite);
  if (probers.size === 0) return pod;
  const changed = {
    ...spec,
    ...(containers === undefined ? {} : { containers }),
    ...(initContainers === undefined ? {} : { initContainers }),
  };
  const value = JSON.stringify(Object.fromEntries([...probers].toSorted(([a], [b]) => (a < b ? -1 : 1))));
  return { ...pod, spec: withProxyVariable(changed, APP_PROBERS, value) };
}

function rewritten(container: Container, statusPort: number, probers: Probers, warnings: string[]): Container {
  const changed: Container = { ...container };
  const handle = <T extends Handler>(handler: T | null | undefined, what: string, path: string): T | undefined => {
    const prober = proberOf(handler, container, statusPort);
    if (typeof prober === 'string') warnings.push(`The ${what} of the container ${container.name} ${prober}.`);
    if (prober === undefined || typeof prober === 'string') return undefined;
    probers.set(path, prober);
    return redirected(handler as T, path, statusPort);
  };
  for (const [field, path] of PROBES) {
    const probe = handle<Probe>(container[field], field, `/app-health/${container.name}/${path}`);
    if (probe !== undefined) changed[field] = probe;
  }
  for (const [field, path] of HOOKS) {
    const hook = handle(container.lifecycle?.[field], field, `/app-lifecycle/${container.name}/${path}`);
    if (hook !== undefined) changed.lifecycle = { ...changed.lifecycle, [field]: hook };
  }
  return changed;
}

/** What the agent is told, a reason why nothing can be, or undefined where there is nothing to tell (exec, none, ours). */
function proberOf(
  handler: Handler | Probe | null | undefined,
  container: Container,
  statusPort: number,
): Fields | string | undefined {
  if (!isFields(handler)) return undefined;
  const timeout = (handler as Probe).timeoutSeconds;
  const rest = timeout === undefined || timeout === 0 ? {} : { timeoutSeconds: timeout };
  if (isFields(handler.httpGet)) return withPort('httpGet', handler.httpGet, container, statusPort, rest);
  if (isFields(handler.tcpSocket)) return withPort('tcpSocket', handler.tcpSocket, container, statusPort, rest);
  return isFields(handler.grpc) ? { grpc: handler.grpc, ...rest } : undefined;
}

function withPort(
  kind: string,
  action: Fields & { port: number | string },
  container: Container,
  statusPort: number,
  rest: Fields,
): Fields | string | undefined {
  const port = portOf(action.port, container);
  if (port === undefined)
    return `names the port ${JSON.stringify(action.port)}, which the container does not declare; it is left as it is`;
  return port === statusPort ? undefined : { [kind]: { ...action, port }, ...rest };
}

function portOf(port: number | string, container: Container): number | undefined {
  if (typeof port === 'number') return port;
  const named = (container.ports ?? []).find(({ name }) => name === port)?.containerPort;
  return named ?? (/^[1-9]\d{0,4}$/.test(String(port)) ? Number(port) : undefined);
}

/** HTTP to the agent, whatever the original; the agent speaks HTTPS, TCP or gRPC to the application. */
function redirected<T extends Handler>(handler: T, path: string, statusPort: number): T {
  const changed = { ...handler };
  const action: HttpGet = isFields(handler.httpGet) ? { ...handler.httpGet } : { port: statusPort };
  action.path = path;
  action.port = statusPort;
  if (action.scheme === 'HTTPS') action.scheme = 'HTTP';
  delete changed.tcpSocket;
  delete changed.grpc;
  return { ...changed, httpGet: action };
}
