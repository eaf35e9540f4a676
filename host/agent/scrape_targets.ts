// ISTIO_PROMETHEUS_ANNOTATIONS: where the application's own metrics are, from the prometheus.io/* annotations that the injector has
// pointed at the agent.
import { isObject, parseObject, property } from './json_value.js';
import { reservedFor } from './reserved_ports.js';
import { requestPath } from './app_probers.js';
import { refuse, variable, type Variables } from './variable.js';

export interface ScrapeTarget {
  readonly port: number;
  readonly path: string;
}

const NAME = 'ISTIO_PROMETHEUS_ANNOTATIONS';
const MAX_TARGETS = 32;

/** `own`: further ports of the agent, where it does not listen on the usual ones. */
export function readScrapeTargets(variables: Variables, own: readonly number[] = []): ScrapeTarget[] {
  const text = variable(NAME, variables);
  if (text === undefined) return [];
  const settings = parseObject(text);
  if (!settings) {
    refuse(NAME, text, 'a JSON object: {"scrape": "true", "port": "8080", "path": "/metrics"}', variables);
    return [];
  }
  if (String(property(settings, 'scrape')) === 'false') return [];
  const list = property(settings, 'targets') ?? [];
  if (!Array.isArray(list) || list.length > MAX_TARGETS) {
    refuse(`${NAME}.targets`, list, `a list of at most ${MAX_TARGETS} of {"port": …, "path": …}`, variables);
    return [];
  }
  const entries = list.length > 0 ? list : [{ ...settings, port: property(settings, 'port') || '80' }];
  return entries.flatMap((entry: unknown, i) => {
    const target = readTarget(entry, list.length > 0 ? `${NAME}.targets[${i}]` : NAME, own, variables);
    return target ? [target] : [];
  });
}

function readTarget(
  entry: unknown,
  name: string,
  own: readonly number[],
  variables: Variables,
): ScrapeTarget | undefined {
  const port = isObject(entry) ? property(entry, 'port') : undefined;
  const path = isObject(entry) ? property(entry, 'path') || '/metrics' : undefined;
  const text = typeof port === 'number' ? String(port) : port;
  const n = typeof text === 'string' && /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (n < 1 || n > 65535) return refuse(`${name}.port`, port, 'a port from 1 to 65535', variables);
  const reason = reservedFor(n) ?? (own.includes(n) ? 'the agent' : undefined);
  if (reason) return refuse(`${name}.port`, port, `a port of the application: ${n} is ${reason}`, variables);
  if (typeof path !== 'string' || path.length > 8192)
    return refuse(`${name}.path`, path, 'a path of at most 8192 characters', variables);
  return { port: n, path: requestPath(path) };
}
