// The application's metrics behind the proxy's: Prometheus scrapes one port of the Pod, which mutual TLS does not guard, and
// the agent scrapes the application from inside. Where, it learns from a variable; the Pod's annotations then name the agent.
import { annotationRefused, ANNOTATIONS } from './annotations.js';
import type { Problem } from './decision.js';
import { BOOLEAN, PORT, Refusal } from './grammar.js';
import { put } from './pod.js';
import type { Pod, PodSpec, StringMap } from './pod.js';
import { PROMETHEUS_ANNOTATIONS, withProxyVariable } from './proxy_environment.js';
import { reservedPort } from './reserved_ports.js';
import type { Settings } from './settings.js';

type Field = 'scrape' | 'path' | 'port';

/** prometheus.io/port in any of the spellings that scrape configurations read: dots, slashes and dashes are underscores. */
function fieldOf(name: string): Field | undefined {
  switch (name.replace(/[^A-Za-z0-9_]/g, '_')) {
    case 'prometheus_io_scrape':
      return 'scrape';
    case 'prometheus_io_path':
      return 'path';
    case 'prometheus_io_port':
      return 'port';
    default:
      return undefined;
  }
}

function written(pod: Pod): { name: string; field: Field; value: string }[] {
  return Object.entries(pod.metadata?.annotations ?? {}).flatMap(([name, value]) => {
    const field = fieldOf(name);
    return field === undefined ? [] : [{ name, field, value }];
  });
}

/** The last spelling wins, in the order of the Pod. */
function asked(pod: Pod): Partial<Record<Field, string>> {
  return Object.fromEntries(written(pod).map(({ field, value }) => [field, value]));
}

function isWanted(pod: Pod, settings: Settings): boolean {
  return settings.mergeMetrics && BOOLEAN.parse(asked(pod).scrape ?? 'true') !== false;
}

/** Ports that are the sidecar's own cannot be the application's: the agent would scrape itself for ever. */
export function metricsProblems(pod: Pod, settings: Settings): Problem[] {
  if (!isWanted(pod, settings)) return [];
  return [
    ...settings.scrapeTargets.flatMap(({ port, path }) =>
      scrapeProblem(ANNOTATIONS.scrapeTargets.name, `${port}:${path}`, port, settings),
    ),
    ...written(pod).flatMap(({ name, field, value }) => annotationProblem(name, field, value, settings)),
  ];
}

function annotationProblem(name: string, field: Field, value: string, settings: Settings): Problem[] {
  if (field === 'path')
    return /^[\x21-\x7e]{0,1024}$/.test(value)
      ? []
      : [annotationRefused(name, value, 'a path of printable characters')];
  if (field === 'scrape') return [];
  const port = PORT.parse(value);
  if (port instanceof Refusal) return [annotationRefused(name, value, PORT.allowed)];
  return port === settings.statusPort ? [] : scrapeProblem(name, value, port, settings);
}

function scrapeProblem(name: string, value: string, port: number, { statusPort }: Settings): Problem[] {
  const owner = reservedPort(port, statusPort);
  return owner === undefined
    ? []
    : [annotationRefused(name, value, `a port of the application (${port} is the sidecar's: ${owner})`)];
}

export function mergeMetrics(pod: Pod, settings: Settings): Pod {
  if (!isWanted(pod, settings)) return pod;
  const { scrape, path, port } = asked(pod);
  if (port === String(settings.statusPort)) return pod;
  const targets = settings.scrapeTargets.map((target) => ({ port: String(target.port), path: target.path }));
  const record = {
    ...(scrape === undefined ? {} : { scrape }),
    ...(path === undefined ? {} : { path }),
    ...(port === undefined ? {} : { port }),
    ...(targets.length === 0 ? {} : { targets }),
  };
  const told =
    Object.keys(record).length === 0
      ? pod
      : { ...pod, spec: withProxyVariable(pod.spec as PodSpec, PROMETHEUS_ANNOTATIONS, JSON.stringify(record)) };
  return { ...told, metadata: { ...pod.metadata, annotations: redirectedAnnotations(pod, settings.statusPort) } };
}

function redirectedAnnotations(pod: Pod, statusPort: number): StringMap {
  const annotations: StringMap = {};
  for (const [name, value] of Object.entries(pod.metadata?.annotations ?? {})) {
    if (fieldOf(name) === undefined) put(annotations, name, value);
  }
  annotations['prometheus.io/path'] = '/stats/prometheus';
  annotations['prometheus.io/port'] = String(statusPort);
  annotations['prometheus.io/scrape'] = 'true';
  return annotations;
}
