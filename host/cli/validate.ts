// `weft validate [FILE...]`: the same way through decoding and compiling as `weft proxy`, for many files, with one summary.
import { Descriptors } from '../config/descriptors.js';
import type { Finding } from '../config/finding.js';
import type { UnsupportedFields } from '../config/validate.js';
import type { ColorMode } from './color.js';
import { EXIT_FINDINGS, EXIT_OK, EXIT_UNREADABLE } from './exit_code.js';
import { loadConfig } from './load_config.js';
import type { LoadedConfig } from './load_config.js';
import { paintFor } from './output.js';
import type { Terminal } from './output.js';
import { exitCodeOf, reportText, summaryLine } from './report.js';
import type { CliServices } from './services.js';
import { UsageError } from './usage_error.js';

export interface ValidateOptions {
  readonly files: readonly string[];
  readonly configYaml: string | undefined;
  readonly unsupportedFields: UnsupportedFields;
  readonly allowUnknownFields: boolean;
  readonly output: 'text' | 'json';
  /** Undefined: the default. */
  readonly maxFindings: number | undefined;
  readonly color: ColorMode;
}

export async function runValidate(
  options: ValidateOptions,
  services: CliServices,
  terminal: Terminal,
): Promise<number> {
  const paths = options.files.length > 0 || options.configYaml === undefined ? options.files : [undefined];
  if (paths.length === 0)
    throw new UsageError('WEFT1603', 'validate needs a FILE, -c FILE or --config-yaml', 'validate');
  const compile = await services.compiler();
  const descriptors = new Descriptors();
  const configs = paths.map((path) => loadConfig({ ...options, path, yaml: options.configYaml, descriptors }, compile));
  if (options.output === 'json') writeJson(configs, terminal);
  else writeText(configs, options, terminal);
  return worst(configs.map(exitCodeOf));
}

/** An input that cannot be read outweighs findings. */
function worst(codes: readonly number[]): number {
  if (codes.includes(EXIT_UNREADABLE)) return EXIT_UNREADABLE;
  return codes.includes(EXIT_FINDINGS) ? EXIT_FINDINGS : EXIT_OK;
}

function writeText(configs: readonly LoadedConfig[], options: ValidateOptions, terminal: Terminal): void {
  const errorPaint = paintFor(terminal, 'stderr', options.color);
  const paint = paintFor(terminal, 'stdout', options.color);
  for (const config of configs) {
    if (config.findings.length > 0) terminal.stderr.write(`${reportText(config, errorPaint, options.maxFindings)}\n`);
  }
  terminal.stdout.write(configs.map((config) => `${summaryLine(config, paint)}\n`).join(''));
  if (configs.length > 1) {
    const good = configs.filter((config) => exitCodeOf(config) === EXIT_OK).length;
    terminal.stdout.write(`${good} of ${configs.length} files are ok\n`);
  }
}

/** The form is versioned: fields may be added under one version, never changed. */
function writeJson(configs: readonly LoadedConfig[], terminal: Terminal): void {
  const files = configs.map((config) => ({
    file: config.name,
    status: ['ok', 'findings'][exitCodeOf(config)] ?? 'unreadable',
    findings: config.findings.map(flat),
  }));
  const findings = configs.flatMap((config) => config.findings);
  const errors = findings.filter((finding) => finding.severity === 'error').length;
  const summary = { version: 1, errors, warnings: findings.length - errors, files };
  terminal.stdout.write(`${JSON.stringify(summary, null, 2)}\n`);
}

function flat({ position, ...rest }: Finding): Record<string, unknown> {
  return position === undefined ? { ...rest } : { ...rest, ...position };
}
