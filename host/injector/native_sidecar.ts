// Whether the proxy is a container of its own kind: an init container that goes on running (KEP-753, stable in Kubernetes 1.33).
import type { InjectorValues } from './values.js';

const EARLIEST_NATIVE_SIDECAR: readonly [number, number] = [1, 33];

/** The annotation first, then the values; `auto` by the cluster's version, and not when that is unknown. */
export function isNative(
  asked: boolean | undefined,
  values: InjectorValues,
  clusterVersion = values.clusterVersion,
): boolean {
  if (asked !== undefined) return asked;
  if (values.nativeSidecar !== 'auto') return values.nativeSidecar === 'always';
  const version = versionOf(clusterVersion);
  if (version === undefined) return false;
  const [major, minor] = EARLIEST_NATIVE_SIDECAR;
  return version[0] > major || (version[0] === major && version[1] >= minor);
}

/** `v1.33.2+k3s1`, `1.33` or `1.33+`. */
export function versionOf(text: string): readonly [number, number] | undefined {
  const [, major, minor] = /^v?(\d{1,4})\.(\d{1,4})(?:[.+-]|$)/.exec(text) ?? [];
  return major === undefined ? undefined : [Number(major), Number(minor)];
}
