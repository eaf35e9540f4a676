// The order of the containers, on which depends who is captured and who waits for whom.
import { INIT_CONTAINER, PROXY_CONTAINER, VALIDATION_CONTAINER } from './pod.js';
import type { Container, PodSpec } from './pod.js';
import type { Settings } from './settings.js';

/**
 * Native: rules, proxy, then the user's init containers, which are in the mesh. Else the user's init containers run before the
 * rules, because no proxy would serve them yet; the check of a CNI plugin's rules comes before everything. The proxy stands
 * last among the containers (`kubectl exec` takes the first), or first when the application waits for it.
 */
export function ordered(spec: PodSpec, settings: Settings): PodSpec {
  const changed = { ...spec };
  if (spec.containers) {
    changed.containers = settings.holdApplication
      ? toFront(spec.containers, PROXY_CONTAINER)
      : toEnd(spec.containers, PROXY_CONTAINER);
  }
  if (spec.initContainers) {
    changed.initContainers = settings.isNative
      ? toFront(toFront(toFront(spec.initContainers, PROXY_CONTAINER), VALIDATION_CONTAINER), INIT_CONTAINER)
      : toEnd(toFront(spec.initContainers, VALIDATION_CONTAINER), INIT_CONTAINER);
  }
  return changed;
}

function toFront(containers: readonly Container[], name: string): Container[] {
  return [...containers.filter((each) => each.name === name), ...containers.filter((each) => each.name !== name)];
}

function toEnd(containers: readonly Container[], name: string): Container[] {
  return [...containers.filter((each) => each.name !== name), ...containers.filter((each) => each.name === name)];
}
