// The volumes of the sidecar and where the proxy mounts them.
import { isFields } from './pod.js';
import type { Fields, Volume, VolumeMount } from './pod.js';
import type { Settings } from './settings.js';
import type { InjectorValues } from './values.js';

interface Mounted {
  readonly name: string;
  readonly source: Fields;
  readonly mountPath: string;
}

/** Twelve hours: the kubelet renews a token when 80 % of its time is over. */
const TOKEN_SECONDS = 43_200;

function mounted(settings: Settings, values: InjectorValues): Mounted[] {
  const { certificates, token, podInfo } = values.volumes;
  return [
    { name: 'workload-socket', source: { emptyDir: {} }, mountPath: '/var/run/secrets/workload-spiffe-uds' },
    { name: 'credential-socket', source: { emptyDir: {} }, mountPath: '/var/run/secrets/credential-uds' },
    { name: 'workload-certs', source: { emptyDir: {} }, mountPath: '/var/run/secrets/workload-spiffe-credentials' },
    // Optional: without a control plane nobody makes these, and the Pod starts all the same.
    ...(certificates
      ? [
          config('istiod-ca-cert', 'istio-ca-root-cert', '/var/run/secrets/istio'),
          config('istio-ca-crl', 'istio-ca-crl', '/var/run/secrets/istio/crl'),
        ]
      : []),
    { name: 'istio-data', source: { emptyDir: {} }, mountPath: '/var/lib/istio/data' },
    ...(settings.bootstrapOverride === undefined
      ? []
      : [
          {
            name: 'custom-bootstrap-volume',
            source: { configMap: { name: settings.bootstrapOverride } },
            mountPath: '/etc/istio/custom-bootstrap',
          },
        ]),
    { name: 'istio-envoy', source: { emptyDir: { medium: 'Memory' } }, mountPath: '/etc/istio/proxy' },
    ...(token ? [{ name: 'istio-token', source: tokenSource(), mountPath: '/var/run/secrets/tokens' }] : []),
    ...(podInfo ? [{ name: 'istio-podinfo', source: podInfoSource(), mountPath: '/etc/istio/pod' }] : []),
  ];
}

function config(name: string, configMap: string, mountPath: string): Mounted {
  return { name, source: { configMap: { name: configMap, optional: true } }, mountPath };
}

function tokenSource(): Fields {
  const serviceAccountToken = { audience: 'istio-ca', expirationSeconds: TOKEN_SECONDS, path: 'istio-token' };
  return { projected: { sources: [{ serviceAccountToken }] } };
}

function podInfo(path: string): Fields {
  return { fieldRef: { fieldPath: `metadata.${path}` }, path };
}

function podInfoSource(): Fields {
  return { downwardAPI: { items: ['labels', 'annotations'].map(podInfo) } };
}

export function volumes(settings: Settings, values: InjectorValues): Volume[] {
  return [...mounted(settings, values).map(({ name, source }) => ({ name, ...source })), ...settings.userVolumes];
}

export function volumeMounts(settings: Settings, values: InjectorValues): VolumeMount[] {
  return [
    ...mounted(settings, values).map(({ name, mountPath }) => ({ name, mountPath })),
    ...settings.userVolumeMounts,
  ];
}

export interface VolumeConflict {
  /** The one that asks for it. */
  readonly annotation: 'userVolume' | 'userVolumeMount';
  /** A clause. */
  readonly reason: string;
}

/** A volume's name or a mount path of the user's that the template uses already: the first one found. */
export function volumeConflict(settings: Settings, values: InjectorValues): VolumeConflict | undefined {
  const own = mounted(settings, values);
  const volume = settings.userVolumes.find(({ name }) => own.some((each) => each.name === name));
  if (volume !== undefined)
    return { annotation: 'userVolume', reason: `the volume ${volume.name} is the sidecar's own` };
  const paths = [...own, ...settings.userVolumeMounts].map(({ mountPath }) => mountPath.replace(/\/+$/, ''));
  const twice = paths.find((path, i) => paths.indexOf(path) !== i);
  return twice === undefined
    ? undefined
    : { annotation: 'userVolumeMount', reason: `the path ${twice} is mounted twice` };
}

/** The names of the volumes that Pods declare. */
export function volumeNames(list: readonly unknown[] | null | undefined): string[] {
  return (list ?? []).flatMap((item) => (isFields(item) && typeof item.name === 'string' ? [item.name] : []));
}
