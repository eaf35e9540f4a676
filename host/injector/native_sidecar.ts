// Whether the proxy is a container of its own kind: an init container that goes on running (KEP-753, stable in Kubernetes 1.33).
import type { InjectorValues } from './values.js';

export const EARLIEST_NATIVE_SIDECAR: readonly [number, number] = [1, 33];

export interface NativeChoice {
  readonly isNative: boolean;
  readonly reason: string;
}

/** The annotation first, then the values; `auto` by the cluster's version, and not when that is unknown. */
export function isNative(
  asked: boolean | undefined,
  values: InjectorValues,
  clusterVersion = values.clusterVersion,
): NativeChoice {
  if (asked !== undefined) {
    return { isNative: asked, reason: `The annotation sidecar.istio.io/nativeSidecar says ${asked}.` };
  }
  if (values.nativeSidecar !== 'auto') {
    return {
      isNative: values.nativeSidecar === 'always',
      reason: `The injector's nativeSidecar is ${values.nativeSidecar}.`,
    };
  }
  const version = versionOf(clusterVersion);
  if (version === undefined) return { isNative: false, reason: 'The version of the cluster is not known.' };
  const [major, minor] = EARLIEST_NATIVE_SIDECAR;
  const isNew = version[0] > major || (version[0] === major && version[1] >= minor);
  return {
    isNative: isNew,
    reason: `The cluster's version is ${version.join('.')} (native sidecars from ${major}.${minor}).`,
  };
}

/** `v1.33.2+k3s1`, `1.33` or `1.33+`. */
export function versionOf(text: string): readonly [number, number] | undefined {
  const [, major, minor] = /^v?(\d{1,4})\.(\d{1,4})(?:[.+-]|$)/.exec(text) ?? [];
  return major === undefined ? undefined : [Number(major), Number(minor)];
}
