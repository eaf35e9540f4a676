// docs/errors.md is made of the tables in the code: scripts/error_codes.mjs writes it, a test holds it equal.
import { ERROR_CODES } from '../config/error_codes.js';
import { EXIT_CODES } from './exit_code.js';

const GROUPS: Readonly<Record<string, string>> = {
  WEFT10: 'The input cannot be read',
  WEFT11: 'The document does not have the shape of the message',
  WEFT12: "The API's own rules",
  WEFT13: 'Envoy has it, weft does not act on it',
  WEFT14: 'Each field is right, the whole is not',
  WEFT15: 'The process cannot start or run',
  WEFT16: 'The command line',
  WEFT17: 'A fault of weft itself',
  WEFT18: 'Injection',
  WEFT19: 'Interception: `weft iptables`',
};

/** docs/errors.md. */
export function errorDocument(): string {
  const lines = [
    '# Error codes',
    '',
    'Written by `scripts/error_codes.mjs` from `host/config/error_codes.ts`. `weft help WEFT1101` says the same offline.',
    '',
    '| exit code | meaning |',
    '| --- | --- |',
    ...EXIT_CODES.map(([code, meaning]) => `| ${code} | ${meaning} |`),
  ];
  let group = '';
  for (const [code, { title, explanation }] of Object.entries(ERROR_CODES)) {
    if (code.slice(0, 6) !== group) {
      group = code.slice(0, 6);
      lines.push('', `## ${group}xx: ${GROUPS[group]}`);
    }
    lines.push('', `### ${code}`, `**${title}.** ${explanation}`);
  }
  return `${lines.join('\n')}\n`;
}
