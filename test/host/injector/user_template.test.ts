// Templates of the operator's own: whatever text a Pod brings, it stays one text.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DEFAULT_VALUES, inject } from '../../../host/injector/inject.js';
import type { InjectorValues, Pod } from '../../../host/injector/inject.js';
import { FUZZ_SEED } from '../../support/fuzz_seed.js';

function withTemplate(template: string): InjectorValues {
  return { ...DEFAULT_VALUES, templates: new Map([['mine', template]]), defaultTemplates: ['sidecar', 'mine'] };
}

function podWith(note: string): Pod {
  return { metadata: { name: 'a', annotations: { note } }, spec: { containers: [{ name: 'a', image: 'a:1' }] } };
}

const BLOCK = withTemplate(`
metadata:
  annotations:
    copy: <%= it.annotation('note') %>
spec:
  containers:
    - name: istio-proxy
      env:
        - name: NOTE
          value: <%= it.annotation('note') %>
`);
const FLOW = withTemplate(
  "{metadata: {annotations: {copy: <%= it.annotation('note') %>}}, spec: {containers: [{name: istio-proxy, env: [{name: NOTE, value: <%= it.annotation('note') %>}]}]}}",
);

const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom(
    '"',
    "'",
    '"}\n  b: c',
    '\n- x',
    '#',
    ': ',
    '<%= 1 %>',
    '*a',
    '&a x',
    '!!binary x',
    '|',
    '>',
    '\u0085',
    '\u2028',
    '\ufeff',
    '\ud800',
    'null',
    '~',
    'yes',
    '0644',
    '1e3',
    '{a: b}',
    '---',
    '...',
    '% x',
    '`x`',
    '\\',
    '\\"',
  ),
);

test('any text of a Pod comes out of a template as that text, and as nothing else', () => {
  fc.assert(
    fc.property(hostile, fc.constantFrom(BLOCK, FLOW), (text, values) => {
      const { pod, decision } = inject(podWith(text), { values });
      expect(decision.outcome).toBe('injected');
      expect(pod.metadata!.annotations!.copy).toBe(text);
      const env = pod.spec!.containers!.find(({ name }) => name === 'istio-proxy')!.env!;
      expect(env.filter(({ name }) => name === 'NOTE')).toEqual([{ name: 'NOTE', value: text }]);
    }),
    { seed: FUZZ_SEED, numRuns: 2000 },
  );
});

test('a template sees copies: it changes neither the Pod nor what the next template sees', () => {
  const changing = "<% it.pod.metadata.name = 'evil'; it.settings.image = 'evil'; it.values.a = 'evil' %>spec: {}";
  const values: InjectorValues = {
    ...DEFAULT_VALUES,
    templates: new Map([
      ['first', changing],
      [
        'second',
        "metadata: {annotations: {seen: <%= it.pod.metadata.name + ' ' + it.settings.image + ' ' + it.values.a %>}}",
      ],
    ]),
    defaultTemplates: ['first', 'second'],
    templateValues: { a: 'b' },
  };
  const pod = podWith('x');
  expect(inject(pod, { values }).pod.metadata!.annotations!.seen).toBe('a weft:latest b');
  expect(pod.metadata!.name).toBe('a');
});

test.each([
  ['throws', "<% throw new Error('no') %>", 'no'],
  ['makes no YAML', 'spec: [', 'it makes no YAML'],
  ['makes a list', '- a', 'it makes no map'],
  ['makes another field', 'status: {}', 'there are metadata and spec'],
  ['makes a spec that is none', 'spec: 7', 'its spec is no map'],
  ['nests without end', "<%= '' %>".replace("<%= '' %>", '[').repeat(5000), 'nested too deeply'],
  ['makes an alias bomb', 'spec: {a: &a [1], b: [*a, *a]}', 'failed'],
])('a template that %s refuses the Pod and is named', (_what, template, reason) => {
  const { decision } = inject(podWith('x'), { values: withTemplate(template) });
  expect(`${decision.outcome} ${decision.code}`).toBe('refused template_failed');
  expect(decision.message).toContain('The template mine failed');
  expect(decision.message).toContain(reason);
});
