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
  | 'namespace_enabled'
  | 'namespaces_by_default'
  | 'revision'
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
  | 'invalid_environment'
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
  /** One sentence that names what decided; of a refused Pod, one for each problem. */
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
  const facts: Facts = {
    pod,
    namespace,
    values,
    warnings,
    look: (message) => steps.push({ code: 'looked_at', message }),
  };
  for (const rule of [impossible, forNamespace, forRequest, forSelectors]) {
    const verdict = rule(facts);
    if (verdict !== undefined) return concluded(verdict, steps);
  }
  return concluded(byPolicy(facts), steps);
}

/** Where the policy allows it, what the namespace asks for is the reason that tells most. */
function byPolicy({ values, asked }: Facts): Verdict {
  if (values.policy === 'disabled')
    return no('policy_disabled', 'The injector injects only what asks for it (policy: disabled).');
  if (asked !== undefined) return { inject: true, ...asked };
  return {
    inject: true,
    code: 'policy_enabled',
    message: 'The injector injects what does not refuse (policy: enabled).',
  };
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
  /** How the namespace asks for injection. */
  asked?: { readonly code: DecisionCode; readonly message: string };
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
function forNamespace(facts: Facts): Verdict | undefined {
  const { namespace } = facts;
  if (namespace.labels === undefined) return undefined;
  const injection = own(namespace.labels, NAMESPACE_INJECTION);
  const where = `of the namespace ${namespace.name}`;
  if (injection === 'enabled') {
    return ask(facts, 'namespace_enabled', `The label ${NAMESPACE_INJECTION}: enabled ${where} asks for injection.`);
  }
  if (injection !== undefined) {
    return no(
      'namespace_disabled',
      `The label ${NAMESPACE_INJECTION}: ${quote(injection)} ${where} keeps everything out.`,
    );
  }
  const revision = own(namespace.labels, REVISION);
  return revision === undefined ? forUnlabelled(facts) : byRevision(facts, revision, where);
}

function ask(facts: Facts, code: DecisionCode, message: string): undefined {
  facts.asked = { code, message };
  facts.look(message);
}

function byRevision(facts: Facts, revision: string, where: string): Verdict | undefined {
  const label = `The label ${REVISION}: ${quote(revision)} ${where}`;
  const { revision: mine } = facts.values;
  if (revision !== mine) return no('other_revision', `${label} names another injector than this one (${mine}).`);
  return ask(facts, 'revision', `${label} asks for this injector.`);
}

function forUnlabelled(facts: Facts): Verdict | undefined {
  const { pod, namespace, values, warnings } = facts;
  const revision = own(pod.metadata?.labels, REVISION);
  if (revision !== undefined) return byRevision(facts, revision, 'of the Pod');
  if (own(pod.metadata?.labels, INJECT) === 'true') return undefined;
  if (values.enableNamespacesByDefault) {
    const message = `The namespace ${namespace.name} says nothing, and such are injected (enableNamespacesByDefault: true).`;
    return ask(facts, 'namespaces_by_default', message);
  }
  const missing = `${NAMESPACE_INJECTION} or ${REVISION}`;
  if (own(pod.metadata?.annotations, INJECT) === 'true') {
    warnings.push(
      `The annotation ${INJECT} asks for injection; in a namespace without ${missing} only the label of that name can.`,
    );
  }
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
