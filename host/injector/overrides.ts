// A container of the user's own that is named as one of the injected ones: laid over it, so that the user has the last word.
import { cloneJson, findContainer, INIT_CONTAINER, PROXY_CONTAINER, put, VALIDATION_CONTAINER } from './pod.js';
import type { Container, Pod, PodSpec } from './pod.js';
import { OVERRIDES } from './metadata.js';
import type { Settings } from './settings.js';
import { strategicMerge } from './strategic_merge.js';
import type { Problem } from './decision.js';

/** An image must be written, so this word stands for the injector's. */
const AUTO_IMAGE = 'auto';

export interface Overrides {
  readonly containers: readonly Container[];
  readonly initContainers: readonly Container[];
}

/** The user's containers that have injected names, as they were written. */
export function findOverrides(spec: PodSpec): Overrides {
  const names = [PROXY_CONTAINER, INIT_CONTAINER, VALIDATION_CONTAINER];
  const found = (list: readonly Container[] | null | undefined): Container[] =>
    (list ?? []).filter(({ name }) => names.includes(name));
  return { containers: found(spec.containers), initContainers: found(spec.initContainers) };
}

/** What cannot be merged: a proxy in both lists, or an init container among the containers. */
export function overrideProblems(spec: PodSpec): Problem[] {
  const wrong = [INIT_CONTAINER, VALIDATION_CONTAINER].filter(
    (name) => findContainer(spec.containers, name) !== undefined,
  );
  return [
    ...wrong.map((name) =>
      problem(name, `The container ${name} bears the name of an init container that is injected.`),
    ),
    ...(findContainer(spec.containers, PROXY_CONTAINER) !== undefined &&
    findContainer(spec.initContainers, PROXY_CONTAINER) !== undefined
      ? [problem(PROXY_CONTAINER, `The Pod has a container and an init container named ${PROXY_CONTAINER}.`)]
      : []),
  ];
}

function problem(name: string, message: string): Problem {
  const allowed = 'one container of an injected name, in the list where it is injected';
  return { code: 'invalid_override', path: `spec.containers[name=${name}]`, message, value: name, allowed };
}

/** The proxy's container in the list that the template uses, so that both merge. */
export function moveProxy(spec: PodSpec, isNative: boolean): PodSpec {
  const [from, to] = isNative
    ? (['containers', 'initContainers'] as const)
    : (['initContainers', 'containers'] as const);
  const proxy = findContainer(spec[from], PROXY_CONTAINER);
  if (proxy === undefined) return spec;
  return {
    ...spec,
    [from]: (spec[from] ?? []).filter((container) => container !== proxy),
    [to]: [...(spec[to] ?? []), proxy],
  };
}

/** Lays the user's containers over the merged Pod, and writes them down as Istio does. */
export function applyOverrides(pod: Pod, overrides: Overrides, settings: Settings): Pod {
  const all = [...overrides.containers, ...overrides.initContainers];
  if (all.length === 0) return pod;
  const proxyList = settings.isNative ? 'initContainers' : 'containers';
  let merged = pod;
  for (const container of all) {
    const list = container.name === PROXY_CONTAINER ? proxyList : 'initContainers';
    merged = strategicMerge(merged, { spec: { [list]: [overlay(container)] } });
  }
  const user = overriddenUser(all, settings);
  if (user !== undefined) merged = { ...merged, spec: withUser(merged.spec as PodSpec, user, settings) };
  return remembered(merged, overrides);
}

function overlay(container: Container): Container {
  const copy = cloneJson(container);
  if (copy.image === AUTO_IMAGE) delete copy.image;
  return copy;
}

/** The user that the rules are to know; of a proxy that is root because of TPROXY its group. */
function overriddenUser(containers: readonly Container[], { mode }: Settings): number | undefined {
  const context = findContainer(containers, PROXY_CONTAINER)?.securityContext;
  const [user, group] = [context?.runAsUser, context?.runAsGroup];
  if (mode !== 'TPROXY') return typeof user === 'number' ? user : undefined;
  return typeof group === 'number' ? group : typeof user === 'number' ? 0 : undefined;
}

/**
 * The rules leave alone what the proxy's user sends: they must name the same user. User 0 is never named (all of the node's
 * daemons in the Pod would pass), and with TPROXY the proxy stays root.
 */
function withUser(spec: PodSpec, user: number, settings: Settings): PodSpec {
  const initContainers = (spec.initContainers ?? []).map((container) => {
    if (container.name === PROXY_CONTAINER) return settings.mode === 'TPROXY' ? asRoot(container) : container;
    const isRules = container.name === INIT_CONTAINER || container.name === VALIDATION_CONTAINER;
    return isRules && user !== 0 ? withRuleUser(container, user) : container;
  });
  const containers = (spec.containers ?? []).map((container) =>
    container.name === PROXY_CONTAINER && settings.mode === 'TPROXY' ? asRoot(container) : container,
  );
  return { ...spec, initContainers, containers };
}

function asRoot(container: Container): Container {
  return { ...container, securityContext: { ...container.securityContext, runAsUser: 0, runAsNonRoot: false } };
}

function withRuleUser(container: Container, user: number): Container {
  const args = [...(container.args ?? [])];
  const at = args.indexOf('-u');
  if (at >= 0 && at + 1 < args.length) args[at + 1] = String(user);
  if (container.name !== VALIDATION_CONTAINER) return { ...container, args };
  return { ...container, args, securityContext: { ...container.securityContext, runAsUser: user } };
}

function remembered(pod: Pod, { containers, initContainers }: Overrides): Pod {
  const annotations = { ...pod.metadata?.annotations };
  const record = {
    ...(containers.length === 0 ? {} : { containers }),
    ...(initContainers.length === 0 ? {} : { initContainers }),
  };
  put(annotations, OVERRIDES, JSON.stringify(record));
  return { ...pod, metadata: { ...pod.metadata, annotations } };
}
