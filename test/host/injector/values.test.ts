import { describe, expect, test } from 'vitest';
import { DEFAULT_VALUES, readValues } from '../../../host/injector/inject.js';

/** `line: path: message`, the value and what is allowed behind it. */
function findings(text: string): string[] {
  return readValues(text, 'v.yaml').findings.map(
    ({ path, message, value, position }) =>
      `${position?.line}: ${path}: ${message}${value === undefined ? '' : ` ${value}`}`,
  );
}

test('nothing said is the defaults', () => {
  for (const text of ['', '# nothing\n', '{}'])
    expect(readValues(text)).toEqual({ values: DEFAULT_VALUES, findings: [] });
});

test('what is said is laid over the defaults, section by section', () => {
  const { values, findings: wrong } = readValues(
    'proxy:\n  readiness: {periodSeconds: 2}\nnativeSidecar: always\nclusterVersion: 1.30\n',
  );
  expect(wrong).toEqual([]);
  expect(values.proxy.readiness).toEqual({ ...DEFAULT_VALUES.proxy.readiness, periodSeconds: 2 });
  expect(values.proxy.uid).toBe(1337);
  expect(values.clusterVersion).toBe('1.30');
});

test('all errors are found at once, each with its line, path and value', () => {
  const text = [
    'policy: enabledd',
    'proxy:',
    '  uid: 0',
    '  statusport: 3',
    '  logLevel: [debug]',
    '  resources: {requests: {cpu: lots}}',
    'image: "a b"',
    'interception:',
    '  excludeOutboundPorts: 80,http',
    '  includeOutboundIPRanges: 10.0.0.0',
    '  cni: maybe',
    'defaultTemplates: [sidecar, x]',
    'templates:',
    '  raw: "a: <%~ it.x %>"',
    '  broken: "<% if ( %>"',
    'neverInjectSelector: [{matchExpressions: [{key: a, operator: In}]}]',
    'proxyConfig: {concurrency: many}',
  ].join('\n');
  expect(findings(text)).toEqual([
    '1: policy: there is no such word here "enabledd"',
    '3: proxy.uid: the number is out of range 0',
    '4: proxy.statusport: there is no such value "statusport"',
    '5: proxy.logLevel: the value is of the wrong kind a list',
    '6: proxy.resources.requests.cpu: "lots" is not a quantity "lots"',
    '7: image: the value is not of its form "a b"',
    '9: interception.excludeOutboundPorts: "http" is not a whole number "80,http"',
    '10: interception.includeOutboundIPRanges: "10.0.0.0" has no prefix length (did you mean 10.0.0.0/32?) "10.0.0.0"',
    '11: interception.cni: the value is of the wrong kind maybe',
    '12: defaultTemplates[1]: there is no template of this name "x"',
    '14: templates.raw: it has <%~ %>, which would put text in as it is; <%= %> puts it in as JSON "a: <%~ it.x %>"',
    expect.stringMatching(/^15: templates\.broken: it does not compile: /),
    '16: neverInjectSelector[0]: In and NotIn need values, Exists and DoesNotExist take none "In"',
    expect.stringMatching(/^17: proxyConfig: its concurrency must be a whole number/),
  ]);
});

test('a name that is nearly right is suggested', () => {
  const [finding] = readValues('proxy: {statusport: 1}').findings;
  expect(finding).toMatchObject({ code: 'WEFT1805', suggestion: 'statusPort' });
});

describe('hostile texts end in findings', () => {
  test.each([
    ['no YAML', 'a: [', 'WEFT1002'],
    ['a list', '[]', 'WEFT1805'],
    ['a key twice', 'policy: enabled\npolicy: disabled', 'WEFT1805'],
    ['an endless alias', 'templateValues: &a {b: *a}', 'WEFT1004'],
    ['aliases that grow', `x0: &x0 [1,1,1,1,1,1,1,1,1,1]\n${range(1, 9)}templateValues: {a: *x9}`, 'WEFT1004'],
    ['nesting without end', '{'.repeat(50_000), 'WEFT1004'],
    ['nesting of lists without end', '- '.repeat(50_000), 'WEFT1004'],
    ['deep nesting', `templateValues: ${'{a: '.repeat(500)}1${'}'.repeat(500)}`, 'WEFT1004'],
  ])('%s', (_name, text, code) => {
    expect(readValues(text).findings.map((each) => each.code)).toContain(code);
  });
});

function range(from: number, to: number): string {
  const lines = Array.from({ length: to - from + 1 }, (_, i) => from + i);
  return lines.map((i) => `x${i}: &x${i} [${Array.from({ length: 10 }, () => `*x${i - 1}`).join(',')}]\n`).join('');
}
