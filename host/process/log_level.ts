// Envoy's log levels, by number.
export const LOG_TRACE = 0;
export const LOG_DEBUG = 1;
export const LOG_INFO = 2;
export const LOG_WARNING = 3;
export const LOG_ERROR = 4;
export const LOG_CRITICAL = 5;
export const LOG_OFF = 6;

/** As Envoy prints them. */
export const LOG_LEVEL_NAMES = ['trace', 'debug', 'info', 'warning', 'error', 'critical', 'off'] as const;

/** The number of a level's name (`warn` is Envoy's other word for `warning`), or undefined. */
export function parseLogLevel(name: string): number | undefined {
  const level = (LOG_LEVEL_NAMES as readonly string[]).indexOf(name === 'warn' ? 'warning' : name);
  return level < 0 ? undefined : level;
}

/** The components that log, under Envoy's names where it has them. */
export const LOG_COMPONENTS = [
  'agent',
  'admin',
  'config',
  'connection',
  'dns',
  'filter',
  'http',
  'main',
  'pool',
  'router',
  'runtime',
  'upstream',
];
