// `weft doctor`: is all that the sidecar needs as it should be? One line each, and what to do where it is not.
import { writeFileSync } from 'node:fs';
import type { CheckResult, Status } from '../doctor/check.js';
import { examine } from '../doctor/examine.js';
import { checkOptions, completeOptions } from '../iptables/options.js';
import { surroundings } from '../iptables/surroundings.js';
import type { Style } from './color.js';
import { EXIT_FINDINGS, EXIT_OK } from './exit_code.js';
import { doctorHelp } from './doctor_help.js';
import { refuseValues } from './iptables.js';
import { parseArguments } from './iptables_arguments.js';
import { paintFor } from './output.js';
import type { Terminal } from './output.js';
import { UsageError } from './usage_error.js';

/** Where Kubernetes reads the reason of a container's end (`terminationMessagePath`), and how much of it. */
const TERMINATION_MESSAGE = '/dev/termination-log';
const MAX_MESSAGE = 4096;

interface DoctorArguments {
  readonly isBefore: boolean;
  readonly isJson: boolean;
  /** Those of `weft iptables`. */
  readonly rest: readonly string[];
}

export async function runDoctor(argv: readonly string[], terminal: Terminal): Promise<number> {
  const { isBefore, isJson, rest } = doctorArguments(argv);
  const { given } = parseArguments(rest, (text) => void terminal.stdout.write(text), doctorHelp);
  const checked = checkOptions(given, terminal.env);
  if (!('given' in checked)) return refuseValues(checked, terminal);
  const options = completeOptions(checked.given, surroundings());
  const question = { options, run: checked.run, isSpecific: rest.length > 0, isBefore };
  const results = await examine(question, terminal.env);
  terminal.stdout.write(
    isJson ? `${JSON.stringify({ version: 1, checks: results }, undefined, 2)}\n` : report(results, terminal),
  );
  const failures = results.filter(({ status }) => status === 'failed');
  if (isBefore && failures.length > 0) leaveMessage(failures);
  return failures.length > 0 ? EXIT_FINDINGS : EXIT_OK;
}

function doctorArguments(argv: readonly string[]): DoctorArguments {
  const at = argv.findIndex((word) => word === '-o' || word === '--output');
  const isFormat = at >= 0 && ['json', 'text'].includes(argv[at + 1] ?? '');
  const words = isFormat ? argv.toSpliced(at, 2) : [...argv];
  const trace = words.find((word) => word === 'trace');
  if (trace !== undefined) throw new UsageError('WEFT1603', 'trace is of `weft iptables`', 'doctor');
  return {
    isBefore: words.includes('--pre'),
    isJson: isFormat && argv[at + 1] === 'json',
    rest: words.filter((word) => word !== '--pre'),
  };
}

const STYLES: Readonly<Record<Status, Style>> = { ok: 'good', warning: 'warning', failed: 'error', info: 'faint' };

function report(results: readonly CheckResult[], terminal: Terminal): string {
  const paint = paintFor(terminal, 'stdout', 'auto');
  const width = Math.max(...results.map(({ name }) => name.length));
  const lines = results.flatMap(({ name, status, says, hint }) => [
    `${paint(STYLES[status], status.padEnd(7))}  ${name.padEnd(width)}  ${says}`,
    ...(hint === undefined ? [] : [`${' '.repeat(9)}${' '.repeat(width)}  → ${hint}`]),
  ]);
  return `${[...lines, summary(results)].join('\n')}\n`;
}

function summary(results: readonly CheckResult[]): string {
  const count = (status: Status): number => results.filter((each) => each.status === status).length;
  const [problems, warnings] = [count('failed'), count('warning')];
  if (problems + warnings === 0) return 'all is well';
  const words = [`${problems} problem${problems === 1 ? '' : 's'}`, `${warnings} warning${warnings === 1 ? '' : 's'}`];
  return words.join(', ');
}

function leaveMessage(failures: readonly CheckResult[]): void {
  const text = failures.map(({ name, says, hint }) => `${name}: ${says}; ${hint}`).join('\n');
  try {
    writeFileSync(TERMINATION_MESSAGE, text.slice(0, MAX_MESSAGE), { flag: 'r+' });
  } catch {
    // Outside of Kubernetes there is no such file.
  }
}
