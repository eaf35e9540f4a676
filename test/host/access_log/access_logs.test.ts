import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import * as abi from '../../../assembly/abi.js';
import { AccessLogs } from '../../../host/access_log/access_logs.js';
import { DEFAULT_FORMAT } from '../../../host/access_log/default_format.js';
import { compileFilter, FilterError } from '../../../host/access_log/filter.js';
import { parseFormat, renderText } from '../../../host/access_log/format_string.js';
import { HeaderNeeds } from '../../../host/access_log/header_needs.js';
import type { AccessLogMessage, FilterMessage } from '../../../host/access_log/messages.js';
import { LogRecord } from '../../../host/access_log/record.js';
import { detailsText, RESET_REASONS, RESPONSE_CODE_DETAILS } from '../../../host/access_log/response_code_details.js';
import { RESPONSE_FLAGS, flagsText } from '../../../host/access_log/response_flags.js';
import { attachUnpacked } from '../../../host/config/message.js';
import { logRecord, writeRecord, type RecordFacts } from '../../support/log_record.js';
import { testCore } from '../../support/core.js';

const FILE = 'envoy.extensions.access_loggers.file.v3.FileAccessLog';
const NUMBERS = abi as unknown as Record<string, number>;

let folder = '';
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'weft-access-log-'))));
afterEach(() => rmSync(folder, { recursive: true }));

function fileLog(config: object, filter?: FilterMessage, type = FILE): AccessLogMessage {
  const any = { type_url: `type.googleapis.com/${type}`, value: new Uint8Array() };
  attachUnpacked(any as never, config as never);
  return { name: 'log', typed_config: any, filter };
}

const textLog = (path: string, format: string, filter?: FilterMessage): AccessLogMessage =>
  fileLog({ path, log_format: { text_format_source: { inline_string: format } } }, filter);

function setUp() {
  const { control, W } = testCore();
  const logs = new AccessLogs();
  return { logs, W, buffer: control.memory.buffer };
}

async function until(done: () => boolean): Promise<void> {
  const end = Date.now() + 5000;
  while (!done() && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 5));
}

test("the default format is Envoy's, letter by letter", () => {
  const needs = new HeaderNeeds();
  const parts = parseFormat(DEFAULT_FORMAT, needs);
  expect(needs.request).toEqual([
    ':method',
    'x-envoy-original-path',
    ':path',
    'x-forwarded-for',
    'user-agent',
    'x-request-id',
    ':authority',
  ]);
  const r = new LogRecord();
  const facts: RecordFacts = {
    start: Date.parse('2026-11-24T22:00:55.734Z'),
    status: 200,
    bytesSent: 6,
    times: { duration: 1 },
    texts: { upstreamHost: '127.0.0.1:21503' },
    headers: ['GET', null, '/up/', null, 'ua', '0e151236-812f-445e-b90b-9dd61e468e54', 'h', '0'],
  };
  r.set(logRecord(facts), 0);
  expect(renderText(parts, r, false)).toBe(
    '[2026-11-24T22:00:55.734Z] "GET /up/ HTTP/1.1" 200 - 0 6 1 0 "-" "ua" "0e151236-812f-445e-b90b-9dd61e468e54" "h" "127.0.0.1:21503"\n',
  );
  r.set(logRecord({ ...facts, status: 400, flags: abi.FLAG_DPE, bytesSent: 11, texts: {}, headers: [] }), 0);
  expect(renderText(parts, r, false)).toBe(
    '[2026-11-24T22:00:55.734Z] "- - HTTP/1.1" 400 DPE 0 11 1 - "-" "-" "-" "-" "-"\n',
  );
});

test('every number of flags, details and resets has its words', () => {
  RESPONSE_FLAGS.forEach(({ short }, bit) => expect(NUMBERS[`FLAG_${short}`], short).toBe(2 ** bit));
  expect(Object.keys(NUMBERS).filter((name) => name.startsWith('FLAG_'))).toHaveLength(RESPONSE_FLAGS.length);
  for (const [name, code] of Object.entries(NUMBERS)) {
    if (!name.startsWith('DETAILS_')) continue;
    const words = RESPONSE_CODE_DETAILS[code];
    expect(words, name).toBeDefined();
    if (words === '') continue;
    const upper = words.toUpperCase().replaceAll('.', '_');
    const alias = [
      'DETAILS_UPSTREAM_OVERFLOW',
      'DETAILS_UPSTREAM_PROTOCOL_ERROR',
      'DETAILS_INVALID_AUTHORITY',
    ].includes(name);
    if (!alias) expect(name).toBe(`DETAILS_${upper}`);
  }
  // The last one is a remote failure, too.
  const ownWords = RESET_REASONS.slice(1, NUMBERS['RESET_IMMEDIATE_CONNECTION_FAILURE']);
  ownWords.forEach((words, i) => expect(NUMBERS[`RESET_${words.toUpperCase()}`]).toBe(i + 1));
});

interface Outcome {
  details: string;
  short: string;
  long: string;
}

test('details and flags of each way a request can end are the words of Envoy', () => {
  const golden = new URL('../../golden/access_log/outcomes.txt', import.meta.url);
  const outcomes = readFileSync(golden, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line): Outcome => {
      // Details and failure reasons hold bars of their own, inside braces.
      const fields = line.replace(/\{[^}]*\}/, (part) => part.replaceAll('|', '\0')).split('|');
      return { details: fields[2].replaceAll('\0', '|'), short: fields[3], long: fields[4] };
    });
  const known = new Set<string>();
  for (let code = 1; code < RESPONSE_CODE_DETAILS.length; code++) {
    for (let reset = 0; reset < RESET_REASONS.length; reset++) {
      for (const errno of [0, 111])
        known.add(detailsText(code | (reset << 16), null, { errno, reset, source: null, remote: null }) ?? '');
    }
  }
  expect(outcomes.length).toBeGreaterThan(35);
  for (const { details, short, long } of outcomes) {
    expect(known.has(details), details).toBe(true);
    const bits = short === '-' ? 0 : NUMBERS[`FLAG_${short}`];
    expect(flagsText(bits, 'long')).toBe(long);
  }
});

test('records go from the ring to the file, each one a line, in order', async () => {
  const { logs, W, buffer } = setUp();
  const path = join(folder, 'a.log');
  const { plan, findings } = logs.add([textLog(path, '%RESPONSE_CODE% %REQ(X-A)%\n')], 'access_log');
  expect(findings).toEqual([]);
  expect(plan).toEqual({ id: 1, requestHeaders: ['x-a'], responseHeaders: [], responseTrailers: [], joined: [false] });
  logs.start(buffer, [W]);
  for (let i = 0; i < 100; i++) writeRecord(buffer, W, logRecord({ plan: 1, status: 200 + i, headers: [`v${i}`] }));
  await until(() => logs.stats.write_completed > 0);
  logs.close();
  const lines = Array.from({ length: 100 }, (_, i) => `${200 + i} v${i}\n`);
  expect(readFileSync(path, 'utf8')).toBe(lines.join(''));
});

test('a ring goes round and round, and what it cannot take is dropped, never mixed up', () => {
  const { logs, W, buffer } = setUp();
  const path = join(folder, 'a.log');
  logs.add([textLog(path, '%REQ(X-A)%\n')], 'access_log');
  logs.start(buffer, [W]);
  const written: string[] = [];
  let dropped = 0;
  for (let i = 0; i < 3000; i++) {
    const value = `${i} ${'x'.repeat((i * 7919) % 3000)}`;
    if (writeRecord(buffer, W, logRecord({ plan: 1, headers: [value] }))) written.push(`${value}\n`);
    else dropped++;
    if (i % 500 === 499) logs.drain();
  }
  logs.close();
  expect(dropped).toBeGreaterThan(0);
  expect(readFileSync(path, 'latin1')).toBe(written.join(''));
  expect(logs.dropped).toBe(0);
});

test('a ring with nonsense in it is skipped, and the next record is read', () => {
  const { logs, W, buffer } = setUp();
  const path = join(folder, 'a.log');
  logs.add([textLog(path, '%RESPONSE_CODE%\n')], 'access_log');
  logs.start(buffer, [W]);
  const words = new Int32Array(buffer, W + abi.W_LOG_RING, 16);
  for (const size of [0, 7, 120, 136, abi.LOG_RING_SIZE + 8, 0x7ffffff8]) {
    const bad = logRecord({ plan: 1 });
    bad.writeUInt32LE(size, abi.LOG_SIZE);
    writeRecord(buffer, W, bad.subarray(0, 128));
    logs.drain();
  }
  expect(logs.dropped).toBe(6);
  expect(Atomics.load(words, 0)).toBe(Atomics.load(words, 1));
  writeRecord(buffer, W, logRecord({ plan: 1, status: 204 }));
  writeRecord(buffer, W, logRecord({ plan: 99 })); // no such plan
  logs.close();
  expect(readFileSync(path, 'latin1')).toBe('204\n');
  expect(logs.dropped).toBe(7);
});

test('a worker that asks to be drained is drained, and may ask again', async () => {
  const { logs, W, buffer } = setUp();
  logs.add([textLog(join(folder, 'a.log'), '%RESPONSE_CODE%\n')], 'access_log');
  logs.start(buffer, [W]);
  const words = new Int32Array(buffer, W + abi.W_LOG_RING, 16);
  writeRecord(buffer, W, logRecord({ plan: 1 }));
  Atomics.store(words, abi.LOG_RING_SIGNAL / 4, 1);
  Atomics.notify(words, abi.LOG_RING_SIGNAL / 4);
  await until(() => Atomics.load(words, abi.LOG_RING_READ / 4) !== 0);
  expect(Atomics.load(words, abi.LOG_RING_READ / 4)).toBe(Atomics.load(words, abi.LOG_RING_WRITTEN / 4));
  expect(Atomics.load(words, abi.LOG_RING_SIGNAL / 4)).toBe(0);
  logs.close();
});

test('after a rotation, lines go to the new file and none is lost', async () => {
  const { logs, W, buffer } = setUp();
  const path = join(folder, 'a.log');
  logs.add([textLog(path, '%RESPONSE_CODE%\n')], 'access_log');
  logs.start(buffer, [W]);
  writeRecord(buffer, W, logRecord({ plan: 1, status: 201 }));
  logs.drain();
  await until(() => logs.stats.write_completed === 1);
  renameSync(path, `${path}.1`);
  writeRecord(buffer, W, logRecord({ plan: 1, status: 202 }));
  logs.reopen();
  await until(() => logs.stats.write_completed === 2);
  writeRecord(buffer, W, logRecord({ plan: 1, status: 203 }));
  logs.close();
  const [old, fresh] = [`${path}.1`, path].map((file) => readFileSync(file, 'utf8'));
  expect(old + fresh).toBe('201\n202\n203\n');
  expect(fresh).toContain('203\n');
});

test('two logs of one file share it; a log in a folder that is not there is a finding', () => {
  const { logs, W, buffer } = setUp();
  const path = join(folder, 'a.log');
  logs.add([textLog(path, 'a %RESPONSE_CODE%\n'), textLog(path, 'b\n')], 'access_log');
  logs.start(buffer, [W]);
  writeRecord(buffer, W, logRecord({ plan: 1, status: 200 }));
  const { plan, findings } = logs.add([textLog(join(folder, 'no', 'a.log'), 'x')], 'listeners[0].access_log');
  expect(plan).toBeUndefined();
  expect(findings).toMatchObject([{ code: 'WEFT1503', path: 'listeners[0].access_log' }]);
  logs.close();
  expect(readFileSync(path, 'utf8')).toBe('a 200\nb\n');
});

test('a bad format is a finding with its path, its operator and its position', () => {
  const json = { fields: { a: { struct_value: { fields: { b: { string_value: 'x %FOO%' } } } } } };
  const { findings } = new AccessLogs().add(
    [textLog('/dev/null', 'ab %REQ%'), fileLog({ path: '/dev/null', log_format: { json_format: json } })],
    'x.access_log',
    true,
  );
  expect(findings).toMatchObject([
    {
      code: 'WEFT1409',
      path: 'x.access_log[0].typed_config.log_format.text_format_source',
      message: 'REQ needs parameters (at character 4 of the format)',
    },
    {
      code: 'WEFT1409',
      path: 'x.access_log[1].typed_config.log_format.json_format.a.b',
      message: 'there is no operator FOO (at character 3 of the format)',
    },
  ]);
});

const compare = (op: number, value: number) => ({ comparison: { op, value: { default_value: value } } });
const [EQ, GE, LE] = [0, 1, 2];

test.each<[string, FilterMessage, RecordFacts, boolean]>([
  ['status = 200', { status_code_filter: compare(EQ, 200) }, { status: 200 }, true],
  ['status = 200', { status_code_filter: compare(EQ, 200) }, { status: 201 }, false],
  ['status >= 400', { status_code_filter: compare(GE, 400) }, { status: 400 }, true],
  ['status >= 400', { status_code_filter: compare(GE, 400) }, { status: 399 }, false],
  ['status <= 299', { status_code_filter: compare(LE, 299) }, { status: 0 }, true],
  ['duration >= 5', { duration_filter: compare(GE, 5) }, { times: { duration: 5 } }, true],
  ['duration >= 5 without one', { duration_filter: compare(GE, 0) }, {}, false],
  ['not_health_check', { not_health_check_filter: {} }, {}, true],
  ['any flag', { response_flag_filter: { flags: [] } }, { flags: abi.FLAG_UF }, true],
  ['any flag', { response_flag_filter: { flags: [] } }, {}, false],
  ['UO or NR', { response_flag_filter: { flags: ['UO', 'NR'] } }, { flags: abi.FLAG_NR | abi.FLAG_UF }, true],
  ['UO or NR', { response_flag_filter: { flags: ['UO', 'NR'] } }, { flags: abi.FLAG_UF }, false],
  ['present', { header_filter: { header: { name: 'X-A', present_match: true } } }, { headers: ['1'] }, true],
  ['present', { header_filter: { header: { name: 'X-A', present_match: true } } }, { headers: [null] }, false],
  [
    'exact',
    { header_filter: { header: { name: 'a', string_match: { exact: 'é' } } } },
    { headers: ['\xc3\xa9'] },
    true,
  ],
  [
    'not exact',
    { header_filter: { header: { name: 'a', string_match: { exact: 'x' }, invert_match: true } } },
    { headers: ['y'] },
    true,
  ],
  [
    'regex',
    { header_filter: { header: { name: 'a', string_match: { safe_regex: { regex: 'a.+' } } } } },
    { headers: ['ab\xff'] },
    false, // .+ is characters: \xff alone is none
  ],
  [
    'regex',
    { header_filter: { header: { name: 'a', safe_regex_match: { regex: 'a.+' } } } },
    { headers: ['abc'] },
    true,
  ],
  [
    'prefix, any case',
    { header_filter: { header: { name: 'a', string_match: { prefix: 'AB', ignore_case: true } } } },
    { headers: ['abc'] },
    true,
  ],
  [
    'and',
    { and_filter: { filters: [{ status_code_filter: compare(GE, 400) }, { duration_filter: compare(GE, 10) }] } },
    { status: 500, times: { duration: 9 } },
    false,
  ],
  [
    'or',
    { or_filter: { filters: [{ status_code_filter: compare(GE, 400) }, { duration_filter: compare(GE, 10) }] } },
    { status: 500, times: { duration: 9 } },
    true,
  ],
])('the filter %s decides', (_name, message, facts, expected) => {
  const r = new LogRecord();
  r.set(logRecord(facts), 0);
  expect(compileFilter(message, new HeaderNeeds())(r)).toBe(expected);
});

test('a filter that weft does not have is refused with its path', () => {
  const message = {
    and_filter: {
      filters: [{ not_health_check_filter: {} }, { header_filter: { header: { name: 'a', range_match: {} } } }],
    },
  };
  const compile = () => compileFilter(message as FilterMessage, new HeaderNeeds());
  expect(compile).toThrow(FilterError);
  expect(compile).toThrow(expect.objectContaining({ path: 'and_filter.filters[1].header_filter.header.range_match' }));
});
