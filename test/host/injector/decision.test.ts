// Who is injected: the labels of namespace and Pod against each other, as the webhook's selectors and Istio's rules have it.
import { describe, expect, test } from 'vitest';
import { DEFAULT_VALUES, inject } from '../../../host/injector/inject.js';
import type { DecisionCode, InjectorValues, Pod } from '../../../host/injector/inject.js';

type Labels = Record<string, string>;

function pod(labels: Labels = {}, annotations: Labels = {}): Pod {
  return { metadata: { name: 'a', namespace: 'shop', labels, annotations }, spec: { containers: [{ name: 'a' }] } };
}

function decided(namespace: Labels | undefined, subject: Pod, values: Partial<InjectorValues> = {}): string {
  const facts = { name: 'shop', ...(namespace === undefined ? {} : { labels: namespace }) };
  const { decision } = inject(subject, { values: { ...DEFAULT_VALUES, ...values }, namespace: facts });
  return `${decision.outcome} ${decision.code}`;
}

const INJECT = 'sidecar.istio.io/inject';
const enabled = { 'istio-injection': 'enabled' };
const disabled = { 'istio-injection': 'disabled' };
const mine = { 'istio.io/rev': 'default' };
const canary = { 'istio.io/rev': 'canary' };

describe('the matrix of namespace and Pod', () => {
  const rows: [string, Labels, Labels, `${string} ${DecisionCode}`][] = [
    ['enabled, Pod says nothing', enabled, {}, 'injected namespace_enabled'],
    ['enabled, Pod says true', enabled, { [INJECT]: 'true' }, 'injected label_true'],
    ['enabled, Pod says false', enabled, { [INJECT]: 'false' }, 'skipped label_false'],
    ['disabled, Pod says nothing', disabled, {}, 'skipped namespace_disabled'],
    ['disabled, Pod says true', disabled, { [INJECT]: 'true' }, 'skipped namespace_disabled'],
    ['another word, Pod says true', { 'istio-injection': 'yes' }, { [INJECT]: 'true' }, 'skipped namespace_disabled'],
    ['nothing, Pod says true', {}, { [INJECT]: 'true' }, 'injected label_true'],
    ['nothing, Pod says nothing', {}, {}, 'skipped namespace_unlabelled'],
    ['nothing, Pod says false', {}, { [INJECT]: 'false' }, 'skipped namespace_unlabelled'],
    ['this revision, Pod says nothing', mine, {}, 'injected revision'],
    ['this revision, Pod says false', mine, { [INJECT]: 'false' }, 'skipped label_false'],
    ['another revision, Pod says true', canary, { [INJECT]: 'true' }, 'skipped other_revision'],
    ['enabled wins over another revision', { ...enabled, ...canary }, {}, 'injected namespace_enabled'],
    ['disabled wins over this revision', { ...disabled, ...mine }, {}, 'skipped namespace_disabled'],
    ['nothing, Pod of this revision', {}, mine, 'injected revision'],
    ['nothing, Pod of another revision', {}, canary, 'skipped other_revision'],
  ];
  test.each(rows)('%s', (_name, namespace, labels, expected) => {
    expect(decided(namespace, pod(labels))).toBe(expected);
  });

  test('namespaces that say nothing are injected when that is the default, unless the Pod refuses', () => {
    const values = { enableNamespacesByDefault: true };
    expect(decided({}, pod(), values)).toBe('injected namespaces_by_default');
    expect(decided({}, pod({ [INJECT]: 'false' }), values)).toBe('skipped label_false');
    expect(decided(disabled, pod(), values)).toBe('skipped namespace_disabled');
  });

  test('labels that are not known are not looked at: the API server has applied the selectors', () => {
    expect(decided(undefined, pod())).toBe('injected policy_enabled');
  });
});

describe('label, annotation, selectors and policy', () => {
  const web = [{ matchLabels: { app: 'web' } }];
  const rows: [string, Pod, Partial<InjectorValues>, string][] = [
    ['a label wins over an annotation', pod({ [INJECT]: 'false' }, { [INJECT]: 'true' }), {}, 'skipped label_false'],
    ['an annotation decides without a label', pod({}, { [INJECT]: 'false' }), {}, 'skipped annotation_false'],
    ['asking wins over the policy', pod({}, { [INJECT]: 'true' }), { policy: 'disabled' }, 'injected annotation_true'],
    [
      'asking wins over neverInjectSelector',
      pod({ app: 'web', [INJECT]: 'true' }),
      { neverInjectSelector: web },
      'injected label_true',
    ],
    [
      'refusing wins over alwaysInjectSelector',
      pod({ app: 'web', [INJECT]: 'false' }),
      { alwaysInjectSelector: web },
      'skipped label_false',
    ],
    ['a label True is no true', pod({ [INJECT]: 'True' }), { policy: 'disabled' }, 'skipped policy_disabled'],
    [
      'an empty selector matches nothing',
      pod({ app: 'web' }),
      { neverInjectSelector: [{}] },
      'injected policy_enabled',
    ],
    [
      'a name of Object.prototype is no label',
      pod(),
      { neverInjectSelector: [{ matchExpressions: [{ key: 'constructor', operator: 'Exists' }] }] },
      'injected policy_enabled',
    ],
    [
      'NotIn matches an absent label',
      pod(),
      { neverInjectSelector: [{ matchExpressions: [{ key: 'tier', operator: 'NotIn', values: ['web'] }] }] },
      'skipped never_selector',
    ],
    [
      'all parts of a selector must match',
      pod({ app: 'web' }),
      { neverInjectSelector: [{ matchLabels: { app: 'web', tier: 'x' } }] },
      'injected policy_enabled',
    ],
  ];
  test.each(rows)('%s', (_name, subject, values, expected) => {
    expect(decided(undefined, subject, values)).toBe(expected);
  });
});

test('what is skipped never has its annotations judged: it has no sidecar that they could break', () => {
  const subject = pod({ [INJECT]: 'false' }, { 'traffic.sidecar.istio.io/excludeOutboundPorts': 'nonsense' });
  expect(decided(undefined, subject)).toBe('skipped label_false');
});

test('the last step is the one that decided, and says so in the same sentence', () => {
  const { decision } = inject(pod(), { values: DEFAULT_VALUES, namespace: { name: 'shop', labels: enabled } });
  expect(decision.steps.at(-1)?.message).toBe(decision.message);
  expect(decision.message).toContain('istio-injection');
  expect(decision.steps.length).toBeGreaterThan(3);
});
