// Whether a Pod is injected, and what decided it. The order is Istio's (pkg/kube/inject, injectRequired) behind that of the
// webhook's selectors, which the API server applies; where the namespace's labels are known, they are applied here too.
import { quote } from './grammar.js';
import { describeSelector, matchesSelector } from './label_selector.js';
import { own } from './pod.js';
import type { Pod } from './pod.js';
import type { InjectorValues, LabelSelector } from './values.js';

export const INJECT = 'sidecar.istio.io/inject';
const NAMESPACE_INJECTION = 'istio-injection';
const REVISION = 'istio.io/rev';

export type Outcome = 'injected' | 'skipped' | 'refused';

/** Why; also the `reason` of the webhook's metrics. */
export type DecisionCode =
  | 'host_network'
  | 'windows'
  | 'system_namespace'
  | 'already_injected'
  | 'namespace_disabled'
  | 'namespace_unlabelled'
  | 'other_revision'
  | 'label_true'
  | 'label_false'
  | 'annotation_true'
  | 'annotation_false'
  | 'never_selector'
  | 'always_selector'
  | 'policy_enabled'
  | 'policy_disabled'
  | 'malformed_pod'
  | 'invalid_annotation'
  | 'port_clash'
  | 'invalid_override'
  | 'template_failed';

/** One thing that was looked at. The last step of a decision is the one that decided. */
export interface Step {
  readonly code: DecisionCode | 'looked_at';
  /** A sentence. */
  readonly message: string;
}

/** Why a Pod is refused: where, what stands there, what is allowed. */
export interface Problem {
  readonly code: DecisionCode;
  /** JSON path in the Pod: `metadata.annotations["…"]`. */
  readonly path: string;
  readonly message: string;
  readonly value?: string;
  readonly allowed?: string;
}

export interface Decision {
  readonly outcome: Outcome;
  readonly code: DecisionCode;
  /** One sentence that names what decided. */
  readonly message: string;
  readonly steps: readonly Step[];
  /** Of a refused Pod, all of them. */
  readonly problems: readonly Problem[];
}

export interface NamespaceFacts {
  readonly name: string;
  /** Absent: not known, the API server has looked at them already. */
  readonly labels?: Readonly<Record<string, string>>;
}

type Verdict = { readonly inject: boolean; readonly code: DecisionCode; readonly message: string };

/** Decides by what the Pod, its namespace and the values say. Never `refused`: that comes later, from what the Pod asks for. */
export function decide(pod: Pod, namespace: NamespaceFacts, values: InjectorValues, warnings: string[]): Decision {
  const steps: Step[] = [];
  const rules = [impossible, forNamespace, forRequest, forSelectors];
  for (const rule of rules) {
    const verdict = rule({
      pod,
      namespace,
      values,
      warnings,
      look: (message) => steps.push({ code: 'looked_at', message }),
    });
    if (verdict !== undefined) return concluded(verdict, steps);
  }
  const isEnabled = values.policy === 'enabled';
  const code = isEnabled ? 'policy_enabled' : 'policy_disabled';
  return concluded({ inject: isEnabled, code, message: `The injector's policy is ${values.policy}.` }, steps);
}

function concluded({ inject, code, message }: Verdict, steps: Step[]): Decision {
  return {
    outcome: inject ? 'injected' : 'skipped',
    code,
    message,
    steps: [...steps, { code, message }],
    problems: [],
  };
}

interface Facts {
  readonly pod: Pod;
  readonly namespace: NamespaceFacts;
  readonly values: InjectorValues;
  readonly warnings: string[];
  readonly look: (message: string) => void;
}

/** Where redirection would change the node or cannot work, whatever anybody asks for. */
function impossible({ pod, namespace, values, look }: Facts): Verdict | undefined {
  if (pod.spec?.hostNetwork === true) {
    return no('host_network', 'The Pod uses the network of its node (spec.hostNetwork: true).');
  }
  look('The Pod has a network of its own.');
  if (pod.spec?.os?.name === 'windows') return no('windows', 'The Pod runs on Windows (spec.os.name).');
  if (values.systemNamespaces.includes(namespace.name)) {
    return no('system_namespace', `The namespace ${namespace.name} is a system namespace.`);
  }
  look(`The namespace ${quote(namespace.name)} is not a system namespace.`);
  return undefined;
}

/** The selectors of the MutatingWebhookConfiguration, for when nobody has applied them yet. */
function forNamespace({ pod, namespace, values, look, warnings }: Facts): Verdict | undefined {
  if (namespace.labels === undefined) return undefined;
  const injection = own(namespace.labels, NAMESPACE_INJECTION);
  const where = `the namespace ${namespace.name}`;
  if (injection === 'enabled') {
    look(`The label ${NAMESPACE_INJECTION}: enabled of ${where} asks for injection.`);
    return undefined;
  }
  if (injection !== undefined) {
    return no('namespace_disabled', `The label ${NAMESPACE_INJECTION}: ${quote(injection)} of ${where} keeps it out.`);
  }
  const revision = own(namespace.labels, REVISION);
  if (revision !== undefined) return byRevision(revision, values, `of ${where}`, look);
  return unlabelledNamespace({ pod, namespace, values, look, warnings });
}

function byRevision(revision: string, values: InjectorValues, where: string, look: Facts['look']): Verdict | undefined {
  if (revision !== values.revision) {
    return no(
      'other_revision',
      `The label ${REVISION}: ${quote(revision)} ${where} names another revision than ${values.revision}.`,
    );
  }
  look(`The label ${REVISION}: ${revision} ${where} asks for this injector.`);
  return undefined;
}

function unlabelledNamespace({ pod, namespace, values, look, warnings }: Facts): Verdict | undefined {
  const label = own(pod.metadata?.labels, INJECT);
  const revision = own(pod.metadata?.labels, REVISION);
  if (revision !== undefined) return byRevision(revision, values, 'of the Pod', look);
  if (label === 'true') return undefined;
  if (values.enableNamespacesByDefault) {
    look(`The namespace ${namespace.name} says nothing, and namespaces are injected by default.`);
    return undefined;
  }
  if (own(pod.metadata?.annotations, INJECT) === 'true') {
    warnings.push(
      `The annotation ${INJECT} asks for injection, but in a namespace without ${NAMESPACE_INJECTION} only the label of that name can.`,
    );
  }
  const missing = `${NAMESPACE_INJECTION} or ${REVISION}`;
  return no(
    'namespace_unlabelled',
    `The namespace ${namespace.name} has no label ${missing}, and the Pod has no label ${INJECT}: "true".`,
  );
}

/** The label of the Pod wins over the annotation of the same name. Other values than true and false count as none. */
function forRequest({ pod, look, warnings }: Facts): Verdict | undefined {
  const label = own(pod.metadata?.labels, INJECT);
  const annotation = own(pod.metadata?.annotations, INJECT);
  const source = label === undefined ? 'annotation' : 'label';
  const value = label ?? annotation;
  if (value === undefined) {
    look(`The Pod has no label or annotation ${INJECT}.`);
    return undefined;
  }
  const message = `The ${source} ${INJECT}: ${quote(value)} of the Pod decides.`;
  if (value === 'true') return { inject: true, code: `${source}_true`, message };
  if (value === 'false') return { inject: false, code: `${source}_false`, message };
  const ignored = `The ${source} ${INJECT}: ${quote(value)} is neither "true" nor "false" and counts as absent.`;
  warnings.push(ignored);
  look(ignored);
  return undefined;
}

function forSelectors({ pod, values, look }: Facts): Verdict | undefined {
  const find = (selectors: readonly LabelSelector[]): LabelSelector | undefined =>
    selectors.find((selector) => matchesSelector(selector, pod.metadata?.labels ?? {}));
  const never = find(values.neverInjectSelector);
  if (never !== undefined) {
    return no('never_selector', `The Pod's labels match neverInjectSelector (${describeSelector(never)}).`);
  }
  const always = find(values.alwaysInjectSelector);
  if (always !== undefined) {
    const message = `The Pod's labels match alwaysInjectSelector (${describeSelector(always)}).`;
    return { inject: true, code: 'always_selector', message };
  }
  if (values.neverInjectSelector.length + values.alwaysInjectSelector.length > 0) {
    look('No selector of the injector matches the Pod.');
  }
  return undefined;
}

function no(code: DecisionCode, message: string): Verdict {
  return { inject: false, code, message };
}
