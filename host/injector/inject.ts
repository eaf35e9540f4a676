// Injection as a pure function: a Pod in, the Pod with its sidecar out, with what decided and why. The webhook and
// `weft inject` are made of this.
import { annotationPath, ANNOTATIONS, checkAnnotations } from './annotations.js';
import { environmentProblems } from './agent_check.js';
import { decide } from './decision.js';
import type { Decision, DecisionCode, NamespaceFacts, Problem } from './decision.js';
import { hasForeignSidecar, STATUS, statusOf } from './metadata.js';
import { mergeMetrics, metricsProblems } from './metrics_merge.js';
import { ordered } from './order.js';
import { applyOverrides, findOverrides, moveProxy, overrideProblems } from './overrides.js';
import { applicationContainers, own, put } from './pod.js';
import type { Pod, PodSpec, StringMap, Workload } from './pod.js';
import { rewriteProbes } from './probes.js';
import { portProblems } from './reserved_ports.js';
import { restore, withRestore } from './restore.js';
import { resolveSettings, settingsProblems } from './settings.js';
import type { Settings } from './settings.js';
import { shapeProblems } from './shape.js';
import { strategicMerge } from './strategic_merge.js';
import { sidecarTemplate } from './template.js';
import type { TemplateInput } from './template.js';
import { TemplateError, userTemplate } from './user_template.js';
import type { InjectorValues } from './values.js';
import { volumeConflict, volumeNames } from './volumes.js';
import { podWarnings } from './warnings.js';
import { workloadOf } from './workload.js';

export type { Decision, DecisionCode, NamespaceFacts, Outcome, Problem, Step } from './decision.js';
export type { Pod, Workload } from './pod.js';
export type { InjectorValues } from './values.js';
export { DEFAULT_VALUES } from './values.js';
export { readValues } from './read_values.js';

export interface InjectContext {
  readonly values: InjectorValues;
  /** Without it: the Pod's own namespace or `default`, its labels unknown. */
  readonly namespace?: NamespaceFacts;
  /** The workload around a Pod template; without it the Pod's owner says. */
  readonly workload?: Workload;
  /** Kubernetes' version, such as `v1.33.2`. */
  readonly clusterVersion?: string;
  /** From the webhook's path `/inject/cluster/…/net/…`. */
  readonly clusterId?: string;
  readonly network?: string;
  /** Further variables from that path. */
  readonly environment?: readonly (readonly [string, string])[];
}

export interface Injection {
  /** The injected Pod, or the one that came in when it was skipped or refused. Never the same object changed. */
  readonly pod: Pod;
  readonly decision: Decision;
  /** Sentences for whoever created the Pod. */
  readonly warnings: readonly string[];
}

export function inject(pod: Pod, context: InjectContext): Injection {
  const malformed = shapeProblems(pod);
  if (malformed.length > 0) return refused(pod, undefined, malformed, []);
  const restored = restore(pod);
  const isLooked = restored.problems.length > 0 || restored.pod === pod;
  const problems = isLooked ? restored.problems : shapeProblems(restored.pod);
  if (problems.length > 0) return refused(pod, undefined, problems, []);
  return injectOriginal(pod, restored.pod, context);
}

function injectOriginal(pod: Pod, original: Pod, context: InjectContext): Injection {
  const { values } = context;
  const warnings: string[] = [];
  const namespace = context.namespace ?? { name: original.metadata?.namespace ?? 'default' };
  const decision = decide(original, namespace, values, warnings);
  if (decision.outcome !== 'injected') return { pod, decision, warnings };
  if (hasForeignSidecar(original)) return { pod, decision: foreign(decision), warnings };
  const said = checkAnnotations(original);
  const settings = resolveSettings(said, values, {
    clusterVersion: context.clusterVersion,
    hasApplication: applicationContainers(original.spec?.containers).length > 0,
  });
  const problems = [
    ...said.problems,
    ...settingsProblems(said, values),
    ...volumeProblems(settings, values),
    ...overrideProblems(original.spec as PodSpec),
    ...portProblems(original.spec as PodSpec, settings, values),
    ...metricsProblems(original, settings),
  ];
  if (problems.length > 0) return refused(pod, decision, problems, warnings);
  warnings.push(...podWarnings(original, settings, values));
  try {
    const injected = build(original, settings, inputOf(original, namespace.name, settings, context), warnings);
    const unusable = environmentProblems(injected);
    if (unusable.length > 0) return refused(pod, decision, unusable, warnings);
    return { pod: withRestore(original, injected), decision, warnings };
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    const problem: Problem = { code: 'template_failed', path: '', message: error.message };
    return refused(pod, decision, [problem], warnings);
  }
}

function inputOf(pod: Pod, namespace: string, settings: Settings, context: InjectContext): TemplateInput {
  const { values } = context;
  const network = own(pod.metadata?.labels, 'topology.istio.io/network') ?? context.network ?? values.network;
  return {
    pod,
    namespace,
    workload: context.workload ?? workloadOf(pod),
    settings,
    values,
    clusterId: context.clusterId ?? values.clusterId,
    network: network === '' ? undefined : network,
    environment: context.environment ?? [],
  };
}

function build(original: Pod, settings: Settings, input: TemplateInput, warnings: string[]): Pod {
  const overrides = findOverrides(original.spec as PodSpec);
  const volumes = new Set(volumeNames(original.spec?.volumes));
  const overlays: Pod[] = [];
  let pod: Pod = { ...original, spec: moveProxy(original.spec as PodSpec, settings.isNative) };
  for (const name of settings.templates) {
    const overlay = input.values.templates.has(name)
      ? userTemplate(name, input, () => sidecarTemplate(input))
      : withoutVolumes(sidecarTemplate(input), volumes);
    overlays.push(overlay);
    pod = strategicMerge(pod, overlay);
  }
  const [broken] = shapeProblems(pod);
  if (broken !== undefined) throw new TemplateError(`A template made something else than a Pod: ${broken.message}`);
  pod = applyOverrides(pod, overrides, settings);
  pod = rewriteProbes(mergeMetrics(pod, settings), settings, warnings);
  pod = withStatus(pod, statusOf(overlays, input.values.revision));
  return { ...pod, spec: ordered(pod.spec as PodSpec, settings) };
}

/** A volume that the Pod has already under one of the sidecar's names is the Pod's choice. */
function withoutVolumes(overlay: Pod, names: ReadonlySet<string>): Pod {
  const volumes = overlay.spec?.volumes?.filter(({ name }) => !names.has(name));
  return { ...overlay, spec: { ...overlay.spec, volumes } };
}

function withStatus(pod: Pod, status: string): Pod {
  const annotations: StringMap = { ...pod.metadata?.annotations };
  put(annotations, STATUS, status);
  return { ...pod, metadata: { ...pod.metadata, annotations } };
}

function volumeProblems(settings: Settings, values: InjectorValues): Problem[] {
  const conflict = volumeConflict(settings, values);
  if (conflict === undefined) return [];
  const { name } = ANNOTATIONS[conflict.annotation];
  const message = `The annotation ${name} does not fit: ${conflict.reason}.`;
  return [{ code: 'invalid_annotation', path: annotationPath(name), message, allowed: 'names and paths of its own' }];
}

function foreign(decision: Decision): Decision {
  const code: DecisionCode = 'already_injected';
  const message = `The Pod has a sidecar from another injector already (annotation ${STATUS}).`;
  return { outcome: 'skipped', code, message, steps: [...decision.steps, { code, message }], problems: [] };
}

/** One answer of the API server says all that is wrong, up to this many. */
const MAX_SAID = 5;

function refused(
  pod: Pod,
  decision: Decision | undefined,
  problems: readonly Problem[],
  warnings: string[],
): Injection {
  const [{ code }] = problems;
  const more = problems.length > MAX_SAID ? ` And ${problems.length - MAX_SAID} more.` : '';
  const said = problems.slice(0, MAX_SAID).map(({ message }) => message);
  const step = { code, message: said.join(' ') + more };
  return {
    pod,
    decision: { outcome: 'refused', ...step, steps: [...(decision?.steps ?? []), step], problems },
    warnings,
  };
}
