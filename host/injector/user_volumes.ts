// The annotations userVolume and userVolumeMount: JSON, either an object by name or a list of objects with names.
import { DNS_LABEL, hasControlCharacter, parseJson, quote, Refusal } from './grammar.js';
import type { Grammar } from './grammar.js';
import { cloneJson, isFields, put } from './pod.js';
import type { Fields, Volume, VolumeMount } from './pod.js';

/** The volume sources of Kubernetes' core/v1. */
const SOURCES = new Set(
  (
    'awsElasticBlockStore azureDisk azureFile cephfs cinder configMap csi downwardAPI emptyDir ephemeral fc flexVolume flocker ' +
    'gcePersistentDisk gitRepo glusterfs hostPath image iscsi nfs persistentVolumeClaim photonPersistentDisk portworxVolume ' +
    'projected quobyte rbd scaleIO secret storageos vsphereVolume'
  ).split(' '),
);
const MAX_NAMED = 64;

export const USER_VOLUMES: Grammar<readonly Volume[]> = {
  allowed: 'JSON such as {"NAME":{"configMap":{"name":"CONFIG"}}} with one volume source for each name',
  parse(text) {
    const items = named(text);
    if (items instanceof Refusal) return items;
    if (new Set(items.map(({ name }) => name)).size < items.length) return new Refusal('a name stands in it twice');
    return all(items.map(volume));
  },
};

export const USER_VOLUME_MOUNTS: Grammar<readonly VolumeMount[]> = {
  allowed: 'JSON such as {"NAME":{"mountPath":"/etc/config","readOnly":true}}',
  parse(text) {
    const items = named(text);
    return items instanceof Refusal ? items : all(items.map(volumeMount));
  },
};

type Named = Fields & { name: string };

function named(text: string): Named[] | Refusal {
  const value = parseJson(text);
  const items = value instanceof Refusal ? value : itemsOf(value);
  if (items instanceof Refusal) return items;
  if (items.length > MAX_NAMED) return new Refusal(`it has more than ${MAX_NAMED} items`);
  return all(items.map((item) => checkedName(item) ?? item));
}

/** The first refusal, or all values. */
function all<T>(results: readonly (T | Refusal)[]): T[] | Refusal {
  return (results.find((each) => each instanceof Refusal) as Refusal | undefined) ?? (results as T[]);
}

function itemsOf(value: unknown): Named[] | Refusal {
  if (Array.isArray(value)) {
    const isNamed = value.every((item) => isFields(item) && typeof item.name === 'string');
    return isNamed ? (value as Named[]) : new Refusal('an item of the list has no name');
  }
  if (!isFields(value)) return new Refusal('it is neither an object nor a list');
  if (!Object.values(value).every(isFields)) return new Refusal('one of its values is not an object');
  return Object.entries(value).map(([name, fields]) => ({ ...(cloneJson(fields) as Fields), name }));
}

function checkedName({ name }: { name: string }): Refusal | undefined {
  return DNS_LABEL.parse(name) instanceof Refusal
    ? new Refusal(`the name ${quote(name)} is not ${DNS_LABEL.allowed}`)
    : undefined;
}

function volume(item: Named): Volume | Refusal {
  const sources = Object.keys(item).filter((field) => field !== 'name');
  const unknown = sources.find((source) => !SOURCES.has(source));
  if (unknown !== undefined) return new Refusal(`${quote(unknown)} is not a volume source`);
  if (sources.length !== 1) return new Refusal(`the volume ${item.name} has ${sources.length} sources instead of one`);
  if (!isFields(item[sources[0]])) return new Refusal(`the source of the volume ${item.name} is not an object`);
  if (!isPrintable(item)) return new Refusal('a text in it has control characters');
  const checked: Volume = { name: item.name };
  put(checked, sources[0], cloneJson(item[sources[0]]));
  return checked;
}

/** Every text and every name in a value is of one line. */
function isPrintable(value: unknown): boolean {
  if (typeof value === 'string') return !hasControlCharacter(value);
  if (Array.isArray(value)) return value.every(isPrintable);
  return !isFields(value) || Object.entries(value).every(([name, item]) => isPrintable(name) && isPrintable(item));
}

const MOUNT_FIELDS: Readonly<Record<string, (value: unknown) => boolean>> = {
  name: (value) => typeof value === 'string',
  mountPath: (value) => typeof value === 'string' && /^\/[^:]{0,1023}$/.test(value) && !hasControlCharacter(value),
  readOnly: (value) => typeof value === 'boolean',
  subPath: isRelativePath,
  subPathExpr: isRelativePath,
  mountPropagation: (value) => ['None', 'HostToContainer', 'Bidirectional'].includes(value as string),
  recursiveReadOnly: (value) => ['Disabled', 'IfPossible', 'Enabled'].includes(value as string),
};

function isRelativePath(value: unknown): boolean {
  return (
    typeof value === 'string' &&
    value.length < 1024 &&
    !/^\/|(^|\/)\.\.(\/|$)/.test(value) &&
    !hasControlCharacter(value)
  );
}

function volumeMount(item: Named): VolumeMount | Refusal {
  if (!Object.hasOwn(item, 'mountPath')) return new Refusal(`the mount ${item.name} has no mountPath`);
  for (const [field, value] of Object.entries(item)) {
    if (!Object.hasOwn(MOUNT_FIELDS, field)) return new Refusal(`${quote(field)} is not a field of a mount`);
    if (!MOUNT_FIELDS[field](value)) return new Refusal(`the ${field} of the mount ${item.name} is not right`);
  }
  return cloneJson(item) as unknown as VolumeMount;
}
