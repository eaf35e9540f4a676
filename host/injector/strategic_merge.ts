// Kubernetes' strategic merge (apimachinery, strategicpatch) over the part of it that Pods need: objects merge by field,
// these lists by the key of their items, all other lists are replaced; null deletes; `$patch: delete` and `replace` work.
import { cloneJson, isFields, own, put } from './pod.js';
import type { Fields } from './pod.js';

/** By the name of the list, as core/v1 declares them (patchMergeKey). */
const MERGE_KEYS: Readonly<Record<string, string>> = {
  containers: 'name',
  initContainers: 'name',
  ephemeralContainers: 'name',
  volumes: 'name',
  env: 'name',
  imagePullSecrets: 'name',
  ports: 'containerPort',
  volumeMounts: 'mountPath',
  volumeDevices: 'devicePath',
  hostAliases: 'ip',
  topologySpreadConstraints: 'topologyKey',
  ownerReferences: 'uid',
  resourceClaims: 'name',
};

/** The key that the items of a list of this name differ by. */
export function mergeKeyOf(list: string): string | undefined {
  return Object.hasOwn(MERGE_KEYS, list) ? MERGE_KEYS[list] : undefined;
}

/** `patch` laid over `base`; neither is changed, and the result shares nothing with `patch`. */
export function strategicMerge<T extends Fields>(base: T, patch: Fields): T {
  return mergeFields(base, patch) as T;
}

function mergeFields(base: Fields, patch: Fields): Fields {
  if (patch.$patch === 'replace') return withoutDirectives(patch);
  const merged: Fields = {};
  for (const [name, value] of Object.entries(base)) put(merged, name, value);
  for (const [name, value] of Object.entries(patch)) {
    if (name.startsWith('$')) continue;
    if (value === null) delete merged[name];
    else if (value !== undefined) put(merged, name, mergeValue(name, own(merged, name), value));
  }
  return merged;
}

function mergeValue(name: string, base: unknown, patch: unknown): unknown {
  if (isFields(patch)) return mergeFields(isFields(base) ? withOneHandler(name, base, patch) : {}, patch);
  if (!Array.isArray(patch)) return patch;
  const key = mergeKeyOf(name);
  if (key === undefined || !patch.every((item) => isFields(item))) return cloneJson(patch);
  if (!Array.isArray(base))
    return (patch as Fields[]).filter(({ $patch }) => $patch !== 'delete').map(withoutDirectives);
  return mergeList(name, base, patch as Fields[], key);
}

const HANDLED = new Set(['readinessProbe', 'livenessProbe', 'startupProbe', 'preStop', 'postStart']);
const HANDLERS = ['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'];

/** A probe or a hook does one thing: another one takes its place. */
function withOneHandler(name: string, base: Fields, patch: Fields): Fields {
  const handler = HANDLED.has(name) ? HANDLERS.find((each) => isFields(patch[each])) : undefined;
  if (handler === undefined) return base;
  return Object.fromEntries(Object.entries(base).filter(([field]) => field === handler || !HANDLERS.includes(field)));
}

/** Items that both have merge in their place. New ones go to the end, where Kubernetes puts them first: a variable may refer to those before it. */
function mergeList(list: string, base: readonly unknown[], patch: readonly Fields[], key: string): unknown[] {
  if (patch.some((item) => item.$patch === 'replace')) {
    return patch.filter((item) => item.$patch !== 'replace').map(withoutDirectives);
  }
  let merged = [...base];
  for (const item of patch) {
    const at = merged.findIndex((each) => isFields(each) && own(each, key) === own(item, key));
    if (item.$patch === 'delete') merged = merged.filter((_, i) => i !== at);
    else if (at < 0) merged.push(mergeFields({}, item));
    else merged[at] = mergeFields(retained(list, merged[at] as Fields, item), item);
  }
  return merged;
}

/** A volume has one source: another one takes its place (patchStrategy "retainKeys"). */
function retained(list: string, base: Fields, patch: Fields): Fields {
  if (list !== 'volumes') return base;
  const sources = Object.keys(patch).filter((name) => name !== 'name' && !name.startsWith('$'));
  if (sources.length === 0) return base;
  return Object.fromEntries(Object.entries(base).filter(([name]) => name === 'name' || sources.includes(name)));
}

function withoutDirectives(fields: Fields): Fields {
  return mergeFields({}, { ...fields, $patch: undefined });
}
