// Annotations are written by whoever may create a Pod, and end in arguments of a privileged container: nothing passes that is
// not of its grammar (reliability class 70), and nothing that comes crashes the injector.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ANNOTATIONS, checkAnnotations } from '../../../host/injector/annotations.js';
import type { AnnotationKey } from '../../../host/injector/annotations.js';
import { DEFAULT_VALUES, inject } from '../../../host/injector/inject.js';
import type { Injection, Pod } from '../../../host/injector/inject.js';
import { parseArguments } from '../../../host/cli/iptables_arguments.js';
import { checkOptions } from '../../../host/iptables/options.js';
import { FUZZ_SEED } from '../../support/fuzz_seed.js';
import { goodAnnotations, pods } from '../../support/pods.js';

function podWith(annotations: Record<string, string>): Pod {
  return { metadata: { name: 'a', annotations }, spec: { containers: [{ name: 'a', image: 'a:1' }] } };
}

function injected(annotations: Record<string, string>): Injection {
  return inject(podWith(annotations), { values: DEFAULT_VALUES });
}

const KEYS = Object.keys(ANNOTATIONS) as AnnotationKey[];

/** What gets into shells, into options, into YAML, into paths, or is only strange. */
const HOSTILE = [
  '-j',
  '--help',
  '-h',
  '$(reboot)',
  '`id`',
  ';reboot',
  '|sh',
  '&& sh',
  '80;',
  '80 -j ACCEPT',
  '80\n-A OUTPUT -j ACCEPT',
  '80\r\n',
  '\n',
  '\u0000',
  '80\u0000',
  '\u0085',
  '\u2028',
  '\u202e',
  '\ufeff80',
  '１２３',
  '٣',
  '0x50',
  '1e3',
  '-1',
  '+80',
  '080',
  ' ',
  '8'.repeat(10_000),
  '80,'.repeat(2000),
  '80,,443',
  ',',
  '80,',
  '65536',
  '4294967376',
  '10.0.0.0',
  '10.0.0.0/33',
  '10.0.0.0/08',
  '10.0.0.0/8/8',
  '010.0.0.0/8',
  '10.0.0/8',
  '::/129',
  'fe80::1%eth0/64',
  '::ffff:1.2.3.4/200',
  '1.2.3.4/-1',
  '!10.0.0.0/8',
  '*,*',
  '**',
  '* ',
  'eth0 ',
  'eth0/..',
  '../../etc',
  'averyveryverylonginterface',
  'eth0\t',
  '!eth0',
  'true\n',
  'yes',
  'TRUE ',
  'null',
  '~',
  '[]',
  '{}',
  '{"a":1}',
  '[[[[',
  '{"a":{"a":'.repeat(3000),
  '"',
  "'",
  '"\n  privileged: true',
  '&a [*a]',
  '!!js/function x',
  '%YAML 1.1',
  '<<: {}',
  '__proto__',
  'constructor',
  '{"__proto__":{"emptyDir":{}}}',
  '{"constructor":{"emptyDir":{}}}',
  '<%= process.exit() %>',
  '{{ .Values }}',
  '$(POD_NAME)',
  '$$(POD_NAME)',
  '\ud800',
  'x'.repeat(70_000),
];

/** What may pass, independently of the grammars' own code. */
const FORM: Partial<Record<AnnotationKey, RegExp>> = {
  includeOutboundIPRanges: /^(\*|[0-9a-f.:/, ]*)$/i,
  excludeOutboundIPRanges: /^[0-9a-f.:/, ]*$/i,
  includeOutboundPorts: /^[\d, ]*$/,
  excludeOutboundPorts: /^[\d, ]*$/,
  includeInboundPorts: /^(\*|[\d, ]*)$/,
  excludeInboundPorts: /^[\d, ]*$/,
  excludeInterfaces: /^[\w.@+, -]*$/,
  rerouteVirtualInterfaces: /^[\w.@+, -]*$/,
  kubevirtInterfaces: /^[\w.@+, -]*$/,
  interceptionMode: /^(REDIRECT|TPROXY|NONE)$/,
  statusPort: /^\d{1,5}$/,
  proxyImage: /^[\w.:/@-]+$/,
  proxyCPU: /^[\d.]+([a-zA-Z]{1,2}|[eE][+-]?\d+)?$/,
  proxyMemory: /^[\d.]+([a-zA-Z]{1,2}|[eE][+-]?\d+)?$/,
  logLevel: /^[a-z]+$/,
  componentLogLevel: /^[a-z0-9_:,]+$/,
  agentLogLevel: /^[\w:,-]+$/,
  bootstrapOverride: /^[a-z0-9.-]+$/,
  templates: /^[a-z0-9, -]+$/,
  proxyConfig: /^[\n\r\t\x20-\x7e]*$/,
};

describe('class 70: a hostile value', () => {
  test.each(KEYS)('of %s is refused with the annotation, the value and what is allowed, or is of its form', (key) => {
    const { name } = ANNOTATIONS[key];
    let refused = 0;
    for (const value of HOSTILE) {
      const { problems, get } = checkAnnotations(podWith({ [name]: value }));
      if (problems.length > 0) {
        refused += 1;
        expect(problems[0]).toMatchObject({ code: 'invalid_annotation', path: `metadata.annotations["${name}"]` });
        expect(problems[0].message).toContain(name);
        expect(problems[0].allowed).not.toBe('');
        // One line, without control characters, whatever the value.
        expect(problems[0].message).toMatch(/^[^\p{Cc}\u2028\u2029]*$/u);
      } else {
        expect(get(key)).toBeDefined();
        expect(value, name).toMatch(FORM[key] ?? /^[^\p{Cc}]*$/u);
      }
    }
    expect(refused).toBeGreaterThan(HOSTILE.length / 3);
  });

  test('never ends in an argument: the init container has only arguments of their forms', () => {
    for (const key of KEYS) {
      for (const value of HOSTILE) {
        const { pod, decision } = injected({ [ANNOTATIONS[key].name]: value });
        if (decision.outcome === 'injected') expectGoodArguments(pod);
      }
    }
  });
});

function expectGoodArguments(pod: Pod): void {
  const args = pod.spec!.initContainers?.find(({ name }) => name === 'istio-init')?.args ?? [];
  const flags = args.filter((each) => each.startsWith('-'));
  const known = ['-p', '-z', '-u', '-m', '-i', '-x', '-b', '-d', '-q', '-o', '-k', '-c'];
  expect(flags.filter((each) => !known.includes(each) && !/^--log_output_level=[\w:,-]+$/.test(each))).toEqual([]);
  for (const each of args) expect(each).toMatch(/^[\w.:/,*@+=-]*$/);
  if (args.length === 0) return;
  expect(args[0]).toBe('istio-iptables');
  // And weft iptables, which checks by grammars of its own, takes them all.
  const { given } = parseArguments(args.slice(1));
  expect(checkOptions(given, {})).toHaveProperty('given');
}

/** Values of the grammars, and those values with something put in, taken out or doubled. */
const GOOD: Partial<Record<AnnotationKey, string[]>> = {
  includeOutboundIPRanges: ['*', '', '10.0.0.0/8', '10.0.0.0/8, fd00::/8', '::ffff:10.0.0.0/104'],
  excludeOutboundIPRanges: ['', '192.168.1.1/32,10.0.0.0/8', '::1/128'],
  includeOutboundPorts: ['', '5432', '1,65535'],
  excludeOutboundPorts: ['', '5432', '1, 2, 3'],
  includeInboundPorts: ['*', '', '80,443'],
  excludeInboundPorts: ['', '80'],
  excludeInterfaces: ['eth0', 'net+,veth-1.2@3'],
  rerouteVirtualInterfaces: ['docker0', 'br-0,br-1'],
  interceptionMode: ['TPROXY'],
  statusPort: ['15020', '0'],
  proxyImage: ['weft:1', 'r.example:5000/a/b_c:1.0-debug'],
  proxyCPU: ['100m', '.5', '1e3'],
  agentLogLevel: ['info', 'default:info,xds:debug'],
};
const mutated = fc
  .constantFrom(...(Object.keys(GOOD) as (keyof typeof GOOD)[]))
  .chain((key) =>
    fc.tuple(
      fc.constant(key),
      fc.constantFrom(...GOOD[key]!),
      fc.nat(30),
      fc.oneof(
        fc.constantFrom(...HOSTILE.filter((each) => each.length < 30)),
        fc.string({ maxLength: 4, unit: 'binary' }),
      ),
      fc.nat(2),
    ),
  )
  .map(([key, value, at, text, cut]) => [key, value.slice(0, at) + text + value.slice(at + cut)] as const);

test('class 70: every mutated value that is accepted is of its form, and so are the arguments made of it', () => {
  let accepted = 0;
  fc.assert(
    fc.property(fc.array(mutated, { minLength: 1, maxLength: 3 }), goodAnnotations, (hostile, good) => {
      const annotations: Record<string, string | undefined> = {
        ...good,
        ...Object.fromEntries(hostile.map(([key, value]) => [ANNOTATIONS[key].name, value])),
      };
      const { pod, decision } = injected(annotations as Record<string, string>);
      if (decision.outcome !== 'injected') return;
      accepted += 1;
      for (const [key, value] of hostile)
        if (annotations[ANNOTATIONS[key].name] === value) expect(value).toMatch(FORM[key]!);
      expectGoodArguments(pod);
    }),
    { seed: FUZZ_SEED, numRuns: 4000 },
  );
  expect(accepted).toBeGreaterThan(200);
});

/** A Pod with one thing in it that is no longer what it was. */
const broken = fc
  .tuple(pods, fc.nat(1000), fc.anything({ maxDepth: 2, withNullPrototype: false }))
  .map(([pod, at, value]) => {
    const copy = structuredClone(pod) as Record<string, unknown>;
    const places: [Record<string, unknown> | unknown[], string | number][] = [];
    const walk = (node: unknown): void => {
      if (typeof node !== 'object' || node === null) return;
      for (const key of Object.keys(node)) {
        places.push([node as Record<string, unknown>, key]);
        walk((node as Record<string, unknown>)[key]);
      }
    };
    walk(copy);
    const [node, key] = places[at % places.length];
    (node as Record<string, unknown>)[key] = JSON.parse(JSON.stringify(value) ?? 'null');
    return copy as Pod;
  });

test('10,000 mutated Pods: none crashes, each is decided, what is not injected is left as it was', () => {
  const outcomes = new Map<string, number>();
  fc.assert(
    fc.property(broken, (pod) => {
      const { decision, pod: result } = inject(pod, { values: DEFAULT_VALUES });
      outcomes.set(decision.outcome, (outcomes.get(decision.outcome) ?? 0) + 1);
      expect(decision.message).not.toBe('');
      if (decision.outcome !== 'injected') expect(result).toBe(pod);
      if (decision.outcome === 'refused') expect(decision.problems.length).toBeGreaterThan(0);
    }),
    { seed: FUZZ_SEED, numRuns: 10_000 },
  );
  for (const outcome of ['injected', 'refused']) expect(outcomes.get(outcome)).toBeGreaterThan(500);
});

test.each([null, undefined, 7, 'pod', [], true, { spec: null }, { spec: [] }])('%j is refused as no Pod', (pod) => {
  const { decision } = inject(pod as unknown as Pod, { values: DEFAULT_VALUES });
  expect(`${decision.outcome} ${decision.code}`).toBe('refused malformed_pod');
});

test('a Pod that is nested without end is refused before anything walks it', () => {
  const pod = JSON.parse(`{"spec":${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}}`) as Pod;
  expect(inject(pod, { values: DEFAULT_VALUES }).decision.code).toBe('malformed_pod');
});

describe('a forged way back', () => {
  const RESTORE = 'sidecar-injector.example.com/restore';
  test.each([
    '',
    '{',
    '7',
    '[]',
    '{"in":[]}',
    '{"drop":7}',
    '{"set":[]}',
    '{"in":{"spec":{"was":7}}}',
    '{"was":null}',
    '{"was":{"spec":7}}',
    '{"in":{"spec":{"in":{"containers":{"was":[7]}}}}}',
    `${'{"in":{"a":'.repeat(500)}{}${'}}'.repeat(500)}`,
    '{"in":{"metadata":{"drop":["labels","annotations"]},"spec":{"drop":["containers"]}}}',
    '{"order":["__proto__"],"set":{"__proto__":{"spec":{}}}}',
  ])('%s never crashes and never makes what is no Pod', (text) => {
    const { decision, pod } = inject(podWith({ [RESTORE]: text }), { values: DEFAULT_VALUES });
    if (decision.outcome === 'injected')
      expect(pod.spec!.containers!.some(({ name }) => name === 'istio-proxy')).toBe(true);
    else expect(decision.outcome).toBe('refused');
  });
});

test('class 70: a ProxyConfig that would take the library’s stack or time is refused before it is parsed', () => {
  const shapes = ['{', '[', '- ', '? ', 'a: ', '[a, ', '"', '---\n', 'a:,', '# \n', '!a ', '&a ', 'a\n'];
  for (const shape of shapes) {
    const value = shape.repeat(Math.floor(16_000 / shape.length));
    const { decision } = injected({ 'proxy.istio.io/config': value });
    expect(`${shape} ${decision.code}`).toBe(`${shape} invalid_annotation`);
  }
});

test('of thousands of unknown annotations a few are named', () => {
  const names = Array.from({ length: 50_000 }, (_, i) => [`sidecar.istio.io/${i}${'x'.repeat(40)}`, ''] as const);
  const { warnings } = injected(Object.fromEntries(names));
  expect(warnings.length).toBe(9);
  expect(warnings.at(-1)).toBe('49992 more annotations are not known.');
});

test('unknown annotations of the same kind are named, with the nearest', () => {
  const { warnings } = injected({ 'sidecar.istio.io/proxyCpu': '1', 'example.com/other': '1' });
  expect(warnings).toEqual([
    'The annotation "sidecar.istio.io/proxyCpu" is not known and has no effect (did you mean sidecar.istio.io/proxyCPU?).',
  ]);
});
