// The parts of a Pod that the injector reads and writes. Everything else in it passes through untouched.

/** A JSON object whose names may come from outside: read them with `own`, write them with `put`. */
export interface Fields {
  [field: string]: unknown;
}

export type StringMap = Record<string, string>;

export interface Pod extends Fields {
  apiVersion?: string;
  kind?: string;
  metadata?: Metadata;
  spec?: PodSpec;
}

export interface Metadata extends Fields {
  name?: string;
  generateName?: string;
  namespace?: string;
  labels?: StringMap | null;
  annotations?: StringMap | null;
  ownerReferences?: OwnerReference[] | null;
}

export interface OwnerReference extends Fields {
  apiVersion?: string;
  kind?: string;
  name?: string;
  controller?: boolean;
}

export interface PodSpec extends Fields {
  containers?: Container[] | null;
  initContainers?: Container[] | null;
  volumes?: Volume[] | null;
  imagePullSecrets?: { name: string }[] | null;
  hostNetwork?: boolean;
  dnsPolicy?: string;
  os?: { name?: string } | null;
  securityContext?: SecurityContext | null;
}

export interface Container extends Fields {
  name: string;
  image?: string;
  args?: string[] | null;
  command?: string[] | null;
  env?: EnvVar[] | null;
  ports?: ContainerPort[] | null;
  readinessProbe?: Probe | null;
  livenessProbe?: Probe | null;
  startupProbe?: Probe | null;
  lifecycle?: { postStart?: Handler | null; preStop?: Handler | null } & Fields;
  securityContext?: SecurityContext | null;
  volumeMounts?: VolumeMount[] | null;
  resources?: Resources;
  restartPolicy?: string;
}

export interface EnvVar extends Fields {
  name: string;
  value?: string;
}

export interface ContainerPort extends Fields {
  name?: string;
  containerPort: number;
  protocol?: string;
}

export interface SecurityContext extends Fields {
  runAsUser?: number;
  runAsGroup?: number;
}

export interface Volume extends Fields {
  name: string;
}

export interface VolumeMount extends Fields {
  name: string;
  mountPath: string;
}

export interface Resources extends Fields {
  requests?: StringMap;
  limits?: StringMap;
}

export interface HttpGet extends Fields {
  port: number | string;
  path?: string;
  scheme?: string;
}

/** What a probe or a lifecycle hook does. */
export interface Handler extends Fields {
  httpGet?: HttpGet | null;
  tcpSocket?: ({ port: number | string } & Fields) | null;
  grpc?: ({ port: number } & Fields) | null;
}

export interface Probe extends Handler {
  timeoutSeconds?: number;
}

/** The workload that a Pod belongs to, as the names of its telemetry say it. */
export interface Workload {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
}

export const PROXY_CONTAINER = 'istio-proxy';
export const INIT_CONTAINER = 'istio-init';
export const VALIDATION_CONTAINER = 'istio-validation';

/** A value by a name from outside: `constructor` is a name like any other. */
export function own<T>(fields: Readonly<Record<string, T>> | null | undefined, name: string): T | undefined {
  return fields !== null && fields !== undefined && Object.hasOwn(fields, name) ? fields[name] : undefined;
}

/** Sets a value by a name from outside: `__proto__` becomes a field, not a prototype. */
export function put<T>(fields: Record<string, T>, name: string, value: T): void {
  if (name !== '__proto__') fields[name] = value;
  else Object.defineProperty(fields, name, { value, writable: true, enumerable: true, configurable: true });
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function cloneJson<T>(value: T): T {
  if (Array.isArray(value)) return value.map(cloneJson) as T;
  if (!isFields(value)) return value;
  const copy: Fields = {};
  for (const name of Object.keys(value)) put(copy, name, cloneJson(value[name]));
  return copy as T;
}

/** Equal as JSON: the order of names in an object says nothing, absent and undefined are the same. */
export function equalJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, i) => equalJson(item, b[i]));
  }
  if (!isFields(a) || !isFields(b)) return false;
  const names = presentNames(a);
  return names.length === presentNames(b).length && names.every((name) => equalJson(a[name], own(b, name)));
}

/** Equal as JSON text: the order of names counts. Most of a Pod is, and much of it is the same object. */
export function identical(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((item, i) => identical(item, b[i]));
  if (!isFields(a) || !isFields(b)) return false;
  const names = presentNames(a);
  const others = presentNames(b);
  return names.length === others.length && names.every((name, i) => name === others[i] && identical(a[name], b[name]));
}

function presentNames(fields: Fields): string[] {
  return Object.keys(fields).filter((name) => fields[name] !== undefined);
}

export function findContainer(
  containers: readonly Container[] | null | undefined,
  name: string,
): Container | undefined {
  return containers?.find((container) => container.name === name);
}

/** The proxy, wherever it stands. */
export function findProxy(spec: PodSpec | undefined): Container | undefined {
  return findContainer(spec?.containers, PROXY_CONTAINER) ?? findContainer(spec?.initContainers, PROXY_CONTAINER);
}

/** The containers of the application: all but those that bear the injector's names. */
export function applicationContainers(containers: readonly Container[] | null | undefined): Container[] {
  const injected = [PROXY_CONTAINER, INIT_CONTAINER, VALIDATION_CONTAINER];
  return (containers ?? []).filter(({ name }) => !injected.includes(name));
}

/** The name of a Pod, or what the API server will begin it with. */
export function podName(pod: Pod): string {
  return pod.metadata?.name ?? pod.metadata?.generateName ?? '';
}

/** Whether a value is nested deeper than any Pod: what walks it calls itself. */
export function isTooDeep(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  if (Array.isArray(value)) return value.some((item) => isTooDeep(item, levels - 1));
  for (const name in value) if (isTooDeep((value as Fields)[name], levels - 1)) return true;
  return false;
}
