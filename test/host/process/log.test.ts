import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, expect, test } from 'vitest';
import { Logger, type LogOptions } from '../../../host/process/log.js';
import {
  LOG_DEBUG,
  LOG_ERROR,
  LOG_INFO,
  LOG_OFF,
  LOG_WARNING,
  parseLogLevel,
} from '../../../host/process/log_level.js';

const directory = mkdtempSync(`${tmpdir()}/weft-log-`);
afterAll(() => rmSync(directory, { recursive: true }));
let files = 0;

function logged(options: LogOptions, use: (logger: Logger) => void): string {
  const path = `${directory}/${files++}.log`;
  use(new Logger({ ...options, path }));
  return readFileSync(path, 'utf8');
}

test('a line looks like one of Envoy', () => {
  const text = logged({}, (logger) => logger.log(LOG_WARNING, 'upstream', 'no such host'));
  expect(text).toMatch(/^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}\]\[0\]\[warning\]\[upstream\] no such host\n$/);
});

test('--log-format takes the flags of spdlog and leaves unknown ones as they are', () => {
  const text = logged({ format: '%L|%l|%n|%t|%P|%%|%Q|%v|%_|%j' }, (logger) =>
    logger.log(LOG_ERROR, 'main', 'a"b\nc', 2),
  );
  expect(text).toBe(`E|error|main|2|${process.pid}|%|%Q|a"b\nc|a"b\\nc|a\\"b\\nc\n`);
});

test('json gives one object a line, whatever the text holds', () => {
  const text = logged({ format: 'json' }, (logger) => logger.log(LOG_INFO, 'main', 'two\nlines " \u0000'));
  expect(text.trimEnd()).not.toContain('\n');
  expect(JSON.parse(text)).toMatchObject({
    level: 'info',
    component: 'main',
    thread: 0,
    message: 'two\nlines " \u0000',
  });
});

test('a component has its own level', () => {
  const componentLevels = new Map([
    ['upstream', LOG_DEBUG],
    ['http', LOG_OFF],
  ]);
  const text = logged({ level: LOG_WARNING, componentLevels, format: '%n' }, (logger) => {
    for (const component of ['main', 'upstream', 'http']) logger.log(LOG_DEBUG, component, '');
    for (const component of ['main', 'upstream', 'http']) logger.log(LOG_ERROR, component, '');
    expect(logger.lowestLevel).toBe(LOG_DEBUG);
  });
  expect(text).toBe('upstream\nmain\nupstream\n');
});

test('after a rotation lines go to a new file', () => {
  const path = `${directory}/rotated.log`;
  const logger = new Logger({ path, format: '%v' });
  logger.log(LOG_INFO, 'main', 'old');
  renameSync(path, `${path}.1`);
  logger.log(LOG_INFO, 'main', 'still old');
  logger.reopen();
  logger.log(LOG_INFO, 'main', 'new');
  expect(readFileSync(`${path}.1`, 'utf8')).toBe('old\nstill old\n');
  expect(readFileSync(path, 'utf8')).toBe('new\n');
});

test('a full disk drops lines and says later how many', () => {
  const full = new Logger({ path: '/dev/full' });
  expect(() => full.log(LOG_INFO, 'main', 'lost')).not.toThrow();
  const path = `${directory}/recovered.log`;
  Object.assign(full, { options: { path } });
  full.reopen();
  full.log(LOG_INFO, 'main', 'kept');
  expect(readFileSync(path, 'utf8')).toMatch(/1 log lines dropped\n.*kept\n$/);
});

test('levels have the names that Envoy takes', () => {
  expect(['trace', 'debug', 'info', 'warning', 'warn', 'error', 'critical', 'off', 'loud'].map(parseLogLevel)).toEqual([
    0,
    1,
    2,
    3,
    3,
    4,
    5,
    6,
    undefined,
  ]);
});
