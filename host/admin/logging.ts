import type { LogLevels } from './context.js';
import { badRequest, type AdminHandler } from './handler.js';

function activeLoggers(loggers: LogLevels): string {
  return `active loggers:\n${[...loggers.list()].map(([name, level]) => `  ${name}: ${level}\n`).join('')}\n`;
}

function usage(loggers: LogLevels, problem: string): string {
  return (
    `error: ${problem}\n\n` +
    'usage: /logging?<name>=<level> (change single level)\n' +
    'usage: /logging?paths=name1:level1,name2:level2,... (change multiple levels)\n' +
    'usage: /logging?level=<level> (change all levels)\n' +
    `levels: ${loggers.levels.join(' ')}\n${activeLoggers(loggers)}`
  );
}

/** [component, level] of each change; an empty component means all. */
function changes(query: URLSearchParams): [string, string][] {
  return [...query].flatMap(([name, value]): [string, string][] => {
    if (name === 'level') return [['', value]];
    if (name !== 'paths') return [[name, value]];
    return value.split(',').map((pair) => {
      const colon = pair.indexOf(':');
      return colon < 0 ? [pair, ''] : [pair.slice(0, colon), pair.slice(colon + 1)];
    });
  });
}

export const logging: AdminHandler = {
  path: '/logging',
  help: 'query/change logging levels',
  parameters: [
    [
      'paths',
      'Change multiple logging levels by setting to <logger_name1>:<desired_level1>,<logger_name2>:<desired_level2>',
    ],
    ['level', 'desired logging level, this will change all loggers'],
  ],
  mutates: true,
  handle({ logLevels }, query) {
    const wanted = changes(query);
    const known = new Set([...logLevels.list()].map(([name]) => name));
    for (const [name, level] of wanted) {
      if (!logLevels.levels.includes(level)) return badRequest(usage(logLevels, 'unknown logger level'));
      if (name && !known.has(name)) return badRequest(usage(logLevels, 'unknown logger name'));
    }
    for (const [name, level] of wanted) {
      if (name) logLevels.set(name, level);
      else logLevels.setAll(level);
    }
    return { body: activeLoggers(logLevels) };
  },
};
