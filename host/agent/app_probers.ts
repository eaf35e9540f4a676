// ISTIO_KUBE_APP_PROBERS: the probes and lifecycle handlers that the injector has taken from the application's containers, by the
// path under which the agent now answers for them.
import { isObject, isPort, parseObject, property, type JsonObject } from './json_value.js';
import { refuse, variable, type Variables } from './variable.js';

export interface HttpGet {
  readonly kind: 'http';
  readonly scheme: 'http' | 'https';
  /** Begins with a slash, without fragment, printable ASCII only. */
  readonly path: string;
  readonly port: number;
  /** In place of the port's host in the Host header. */
  readonly host: string | undefined;
  readonly headers: readonly (readonly [name: string, value: string])[];
}
export interface TcpSocket {
  readonly kind: 'tcp';
  readonly port: number;
}
export interface GrpcCheck {
  readonly kind: 'grpc';
  readonly port: number;
  /** grpc.health.v1.HealthCheckRequest.service; empty asks for the whole server. */
  readonly service: string;
}

export interface AppProber {
  readonly action: HttpGet | TcpSocket | GrpcCheck;
  /** Infinity: as long as the caller waits, as the kubelet does with lifecycle handlers. */
  readonly timeoutMs: number;
}

export type AppProbers = ReadonlyMap<string, AppProber>;

const NAME = 'ISTIO_KUBE_APP_PROBERS';
const PATH = /^\/app-(health\/[^/]{1,253}\/(livez|readyz|startupz)|lifecycle\/[^/]{1,253}\/(prestopz|poststartz))$/;
const MAX_TIMEOUT_SECONDS = 3600;
const DEFAULT_TIMEOUT_SECONDS = 1; // Kubernetes' own
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}$/;
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]{0,4096}$/;
const HOST = /^[A-Za-z0-9._:[\]-]{1,253}$/;

/** Reports what is wrong with the variable, by path and field. */
export function readAppProbers(variables: Variables): AppProbers {
  const probers = new Map<string, AppProber>();
  const text = variable(NAME, variables);
  if (text === undefined) return probers;
  const all = parseObject(text);
  if (all === undefined)
    refuse(NAME, text, 'a JSON object: {"/app-health/app/livez": {"httpGet": {"port": 80}}}', variables);
  for (const [path, value] of Object.entries(all ?? {})) {
    const refuseField = (field: string, bad: unknown, allowed: string): undefined =>
      refuse(`${NAME}[${JSON.stringify(path)}]${field}`, bad, allowed, variables);
    if (!PATH.test(path)) {
      refuse(
        NAME,
        path,
        '/app-health/CONTAINER/{livez,readyz,startupz} or /app-lifecycle/CONTAINER/{prestopz,poststartz}',
        variables,
      );
    } else {
      const prober = readProber(path, value, refuseField);
      if (prober) probers.set(path, prober);
    }
  }
  return probers;
}

type Refuse = (field: string, value: unknown, allowed: string) => undefined;

function readProber(path: string, value: unknown, bad: Refuse): AppProber | undefined {
  if (!isObject(value)) return bad('', value, 'an object with httpGet, tcpSocket or grpc');
  const given = ['httpGet', 'tcpSocket', 'grpc'].filter((name) => isObject(property(value, name)));
  if (given.length !== 1) return bad('', value, 'exactly one of httpGet, tcpSocket and grpc');
  const action = readAction(given[0], property(value, given[0]) as JsonObject, bad);
  const timeoutMs = readTimeout(path, property(value, 'timeoutSeconds'), bad);
  return action && timeoutMs !== undefined ? { action, timeoutMs } : undefined;
}

function readTimeout(path: string, value: unknown, bad: Refuse): number | undefined {
  const isAbsent = value === undefined || value === null || value === 0;
  if (isAbsent) return path.startsWith('/app-lifecycle/') ? Infinity : DEFAULT_TIMEOUT_SECONDS * 1000;
  if (Number.isInteger(value) && (value as number) >= 1 && (value as number) <= MAX_TIMEOUT_SECONDS)
    return (value as number) * 1000;
  return bad('.timeoutSeconds', value, `whole seconds from 1 to ${MAX_TIMEOUT_SECONDS}`);
}

function readAction(kind: string, action: JsonObject, bad: Refuse): AppProber['action'] | undefined {
  const port = property(action, 'port');
  if (!isPort(port))
    return bad(`.${kind}.port`, port, 'a port number from 1 to 65535 (names are resolved by the injector)');
  if (kind === 'tcpSocket') return { kind: 'tcp', port };
  if (kind === 'grpc') return readGrpc(port, action, bad);
  return readHttpGet(port, action, bad);
}

function readGrpc(port: number, action: JsonObject, bad: Refuse): GrpcCheck | undefined {
  const service = property(action, 'service') ?? '';
  if (typeof service !== 'string' || service.length > 1024) return bad('.grpc.service', service, 'a text');
  return { kind: 'grpc', port, service };
}

function readHttpGet(port: number, action: JsonObject, bad: Refuse): HttpGet | undefined {
  const path = property(action, 'path') ?? '';
  const scheme = property(action, 'scheme') ?? 'HTTP';
  const host = property(action, 'host') ?? '';
  if (typeof path !== 'string' || path.length > 8192)
    return bad('.httpGet.path', path, 'a path of at most 8192 characters');
  if (scheme !== '' && scheme !== 'HTTP' && scheme !== 'HTTPS') return bad('.httpGet.scheme', scheme, 'HTTP or HTTPS');
  if (typeof host !== 'string' || (host !== '' && !HOST.test(host)))
    return bad('.httpGet.host', host, 'a host name or an IP address');
  const headers = readHeaders(property(action, 'httpHeaders') ?? [], bad);
  if (!headers) return undefined;
  return {
    kind: 'http',
    scheme: scheme === 'HTTPS' ? 'https' : 'http',
    path: requestPath(path),
    port,
    host: host === '' ? undefined : host,
    headers,
  };
}

/** What goes on the wire: as the kubelet, which escapes what a request target may not hold and drops a fragment. */
export function requestPath(path: string): string {
  const target = path
    .split('#', 1)[0]
    .replace(/[^\x21-\x7e]/gu, (character) =>
      [...Buffer.from(character)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
    );
  return target.startsWith('/') ? target : `/${target}`;
}

function readHeaders(list: unknown, bad: Refuse): HttpGet['headers'] | undefined {
  const allowed = 'a list of {"name": …, "value": …}: a token, and text without control characters';
  if (!Array.isArray(list) || list.length > 100) return bad('.httpGet.httpHeaders', list, allowed);
  const headers: [string, string][] = [];
  for (const [i, entry] of list.entries()) {
    const name = isObject(entry) ? property(entry, 'name') : undefined;
    const value = isObject(entry) ? (property(entry, 'value') ?? '') : undefined;
    const isName = typeof name === 'string' && (TOKEN.test(name) || name === ':authority');
    if (!isName || typeof value !== 'string' || !FIELD_VALUE.test(value))
      return bad(`.httpGet.httpHeaders[${i}]`, entry, allowed);
    headers.push([name, value]);
  }
  return headers;
}
