// `weft help [COMMAND | CODE]`.
import { ERROR_CODES } from '../config/error_codes.js';
import type { FindingCode } from '../config/error_codes.js';
import { suggest } from '../config/suggest.js';
import { EXIT_OK } from './exit_code.js';
import { COMMANDS, commandHelp, generalHelp } from './help_text.js';
import type { Terminal } from './output.js';
import { UsageError } from './usage_error.js';

export function runHelp(topic: string | undefined, terminal: Terminal): number {
  terminal.stdout.write(topic === undefined ? generalHelp() : (commandHelp(topic) ?? codeHelp(topic)));
  return EXIT_OK;
}

function codeHelp(topic: string): string {
  const code = topic.toUpperCase();
  if (!Object.hasOwn(ERROR_CODES, code)) throw unknownTopic(topic);
  const { title, explanation } = ERROR_CODES[code as FindingCode];
  return `${code}: ${title}\n\n${fold(explanation)}\n`;
}

function unknownTopic(topic: string): UsageError {
  const near = suggest(topic, [...Object.keys(COMMANDS), ...Object.keys(ERROR_CODES)]);
  const hint = near === undefined ? '' : ` (did you mean ${near}?)`;
  return new UsageError('WEFT1601', `there is no command and no error code ${JSON.stringify(topic)}${hint}`);
}

/** Lines of at most 78 characters. */
function fold(text: string): string {
  return text.replace(/(?![^\n]{1,78}$)([^\n]{1,78})\s/g, '$1\n');
}
