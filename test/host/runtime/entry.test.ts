// How a value may be read. What is expected here is what Envoy 1.40 made of the same values (its /runtime, and routes with a
// runtime_fraction of 0 per cent by default that were asked).
import { expect, test } from 'vitest';
import { parseDouble, runtimeEntry, sixDigits, type RuntimeEntry } from '../../../host/runtime/entry.js';
import { entryFraction } from '../../../host/runtime/snapshot.js';
import { valueOfText, type RuntimeValue } from '../../../host/runtime/value.js';

function fromText(text: string): RuntimeEntry {
  return runtimeEntry(valueOfText(text)!, text);
}

const string = (value: string): RuntimeEntry => runtimeEntry({ kind: 'string', value });

/** "numerator/denominator", or "default". */
function share(entry: RuntimeEntry): string {
  const fraction = entryFraction(entry);
  return fraction ? `${fraction.numerator}/${fraction.denominator}` : 'default';
}

test.each([
  ['100', '100/100'],
  ['50', '50/100'],
  ['101', '100/100'],
  ['1e5', '100/100'],
  ['100.5', '100/100'],
  ['2.7', '2/100'],
  ['"100"', 'default'],
  ["'100'", 'default'],
  ['true', 'default'],
  ['TRUE', 'default'],
  ['{numerator: 100}', '100/100'],
  ['{numerator: 500000, denominator: MILLION}', '500000/1000000'],
  ['{numerator: 7, denominator: TEN_THOUSAND}', '7/10000'],
  ['"{numerator: 100, denominator: HUNDRED}"', 'default'],
  ['{numerator: 100, denominator: 0}', 'default'],
  ['{numerator: 100, denominator: THOUSAND}', 'default'],
  ['{numerator: "100"}', '0/100'],
  ['{numerator: 100.0}', '0/100'],
  ['{numerator: 5000000000}', '0/100'],
  ['{numerator: -1}', '4294967295/100'],
  ['{numerator: 100, x: 1}', 'default'],
  ['{denominator: HUNDRED}', '0/100'],
  ['{}', '0/100'],
  ['+100', '100/100'],
  ['inf', 'default'],
  ['nan', 'default'],
  ['1+00', 'default'],
  ['0x64', '100/100'],
  ['0144', '100/100'],
  ['0o144', 'default'],
  ['0b11', 'default'],
  ['1_00', 'default'],
  ['[100]', 'default'],
  ['- 100', 'default'],
  ['a: 100', 'default'],
  ['-1', 'default'],
  ['1e30', 'default'],
  ['1e19', '100/100'],
  ['100 # comment', '100/100'],
  [' 100 ', '100/100'],
  ['100\n200', 'default'],
  ['|\n 100', 'default'],
  ['!!str 100', '100/100'],
])('as a fraction, the text %j is %s', (text, wanted) => expect(share(fromText(text))).toBe(wanted));

test.each([
  ['100', '100/100'],
  [' 100 ', '100/100'],
  ['\t100\n', '100/100'],
  ['\v100', '100/100'],
  ['+100', '100/100'],
  ['0x64', '100/100'],
  ['0x1', '1/100'],
  ['0x1p7', '100/100'],
  ['0x1.9p8', '100/100'],
  ['100.', '100/100'],
  ['.1e4', '100/100'],
  ['{numerator: 100}', 'default'],
  ['0x', 'default'],
  ['1e1000', 'default'],
  ['-0x64', 'default'],
  ['1e', 'default'],
  ['100f', 'default'],
  ['+-100', 'default'],
  ['++100', 'default'],
  ['١', 'default'],
  ['1,000', 'default'],
  ['infinity', 'default'],
  ['\u00a0100', 'default'],
])('as a fraction, the string %j of a Struct is %s', (text, wanted) => expect(share(string(text))).toBe(wanted));

test.each<[RuntimeEntry, boolean | undefined]>([
  [fromText('false'), false],
  [fromText('no'), false],
  [fromText('0'), false],
  [fromText('0.0'), false],
  [fromText('7'), true],
  [fromText('-7'), true],
  [fromText('0.5'), undefined],
  [fromText('2147483647'), undefined],
  [string('false'), undefined],
  [string('no'), undefined],
  [string('0'), false],
  [string('0.0'), false],
  [string('0.5'), undefined],
  [fromText('{}'), undefined],
])('%# as a boolean', (entry, wanted) => expect(entry.boolean).toBe(wanted));

test.each([
  [1234567, '1.23457e+06'],
  [100000, '100000'],
  [999999.5, '1e+06'],
  [-3, '-3'],
  [0.1, '0.1'],
  [0.0001, '0.0001'],
  [0.00001234567, '1.23457e-05'],
  [1e300, '1e+300'],
  [123456.7, '123457'],
  [1.5, '1.5'],
  [0, '0'],
  [-0, '-0'],
  [NaN, 'nan'],
  [-Infinity, '-inf'],
])('the number %d is shown as %s', (value, shown) => expect(sixDigits(value)).toBe(shown));

test('a map that may be a fraction is shown in the text format of protobuf, its fields in order', () => {
  const fields = new Map<string, RuntimeValue>([
    ['numerator', { kind: 'number', value: 10 }],
    ['denominator', { kind: 'struct', fields: new Map([['é"', { kind: 'string', value: 'a\nb' }]]) }],
  ]);
  expect(runtimeEntry({ kind: 'struct', fields }).raw).toBe(
    'fields {\n  key: "denominator"\n  value {\n    struct_value {\n      fields {\n        key: "\\303\\251\\""\n        value {\n' +
      '          string_value: "a\\nb"\n        }\n      }\n    }\n  }\n}\nfields {\n  key: "numerator"\n  value {\n    number_value: 10\n  }\n}\n',
  );
});

test.each(['{a: ', '"open', '[1', 'a: b: c', '%'])('%j is no YAML', (text) =>
  expect(valueOfText(text)).toBeUndefined(),
);

test('hostile numbers neither throw nor take long', () => {
  for (const text of [
    '9'.repeat(100_000),
    `0x${'f'.repeat(100_000)}`,
    `1e${'9'.repeat(1000)}`,
    `0x1p${'9'.repeat(50)}`,
  ])
    expect(parseDouble(text)).not.toBe(0);
});
