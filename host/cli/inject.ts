// `weft inject` and `weft uninject`: manifests to standard output, what happened to standard error.
import { readSource } from '../config/source.js';
import { hasErrors } from '../config/finding.js';
import type { Finding } from '../config/finding.js';
import { DNS_LABEL, LABEL_VALUE, Refusal } from '../injector/grammar.js';
import { DEFAULT_VALUES, readValues } from '../injector/inject.js';
import type { InjectorValues } from '../injector/inject.js';
import { versionOf } from '../injector/native_sidecar.js';
import { injectText, uninjectText } from '../injector/offline.js';
import type { OfflineOptions, OfflineResult, PodReport } from '../injector/offline.js';
import { unifiedDiff } from '../injector/text_diff.js';
import type { ColorMode, Paint } from './color.js';
import { EXIT_FINDINGS, EXIT_OK, EXIT_UNREADABLE } from './exit_code.js';
import { paintFor } from './output.js';
import type { Terminal } from './output.js';
import { renderFinding } from './render_finding.js';
import { badValue, UsageError } from './usage_error.js';

export interface InjectOptions {
  readonly files: readonly string[];
  readonly valuesFile: string | undefined;
  readonly namespace: string | undefined;
  readonly namespaceLabels: readonly string[];
  readonly clusterVersion: string | undefined;
  readonly diff: boolean;
  readonly explain: boolean;
  readonly color: ColorMode;
}

interface Streams {
  readonly terminal: Terminal;
  readonly paint: Paint;
}

export function runInject(options: InjectOptions, terminal: Terminal): number {
  const streams = { terminal, paint: paintFor(terminal, 'stderr', options.color) };
  const offline = offlineOptions(options);
  const values = valuesFrom(options.valuesFile, streams);
  if (typeof values === 'number') return values;
  return eachFile('inject', options, streams, (text, file) => injectText(text, file, { ...offline, values }));
}

export function runUninject(options: InjectOptions, terminal: Terminal): number {
  return eachFile('uninject', options, { terminal, paint: paintFor(terminal, 'stderr', options.color) }, uninjectText);
}

function offlineOptions({
  namespace = 'default',
  namespaceLabels,
  clusterVersion,
}: InjectOptions): Omit<OfflineOptions, 'values'> {
  if (DNS_LABEL.parse(namespace) instanceof Refusal)
    throw badValue('--namespace', namespace, DNS_LABEL.allowed, 'inject');
  if (clusterVersion !== undefined && versionOf(clusterVersion) === undefined) {
    throw badValue('--cluster-version', clusterVersion, 'a version such as 1.33', 'inject');
  }
  return {
    namespace,
    ...(namespaceLabels.length === 0 ? {} : { namespaceLabels: Object.fromEntries(namespaceLabels.map(label)) }),
    ...(clusterVersion === undefined ? {} : { clusterVersion }),
  };
}

function label(text: string): [string, string] {
  const [, name, value] = /^([A-Za-z0-9./_-]+)=(.*)$/.exec(text) ?? [];
  if (name === undefined || LABEL_VALUE.parse(value) instanceof Refusal)
    throw badValue('--namespace-label', text, 'NAME=VALUE', 'inject');
  return [name, value];
}

/** The values, or the exit code of a file that has none. */
function valuesFrom(file: string | undefined, streams: Streams): InjectorValues | number {
  if (file === undefined) return DEFAULT_VALUES;
  const source = readSource(file);
  if (!('text' in source)) return failed([source], new Map(), streams, EXIT_UNREADABLE);
  const { values, findings } = readValues(source.text, source.name);
  const isUnreadable = source.findings.length > 0;
  const texts = new Map([[source.name, source.text]]);
  if (hasErrors(findings)) return failed(findings, texts, streams, isUnreadable ? EXIT_UNREADABLE : EXIT_FINDINGS);
  return values;
}

function failed(
  findings: readonly Finding[],
  texts: ReadonlyMap<string, string>,
  { terminal, paint }: Streams,
  code: number,
): number {
  terminal.stderr.write(findings.map((each) => `${renderFinding(each, texts, paint)}\n`).join('\n'));
  return code;
}

function eachFile(
  command: 'inject' | 'uninject',
  options: InjectOptions,
  streams: Streams,
  change: (text: string, file: string) => OfflineResult,
): number {
  if (options.files.length === 0)
    throw new UsageError('WEFT1603', `${command} needs a FILE, or - for standard input`, command);
  const outputs: string[] = [];
  let code = EXIT_OK;
  for (const file of options.files) {
    const source = readText(file);
    if (typeof source !== 'string') {
      code = failed([source], new Map(), streams, EXIT_UNREADABLE);
      continue;
    }
    const name = file === '-' ? '<stdin>' : file;
    const result = change(source, name);
    report(result, options.explain, streams);
    if (result.text !== undefined) outputs.push(options.diff ? unifiedDiff(source, result.text, name) : result.text);
    else {
      const exit = result.isUnreadable ? EXIT_UNREADABLE : EXIT_FINDINGS;
      code = Math.max(code, failed(result.findings, new Map([[name, source]]), streams, exit));
    }
  }
  // A part of what was asked for is worse than nothing behind `| kubectl apply -f -`.
  if (code === EXIT_OK) streams.terminal.stdout.write(joined(outputs, options.diff));
  return code;
}

function readText(file: string): string | Finding {
  const source = readSource(file);
  return 'text' in source ? source.text : source;
}

function joined(outputs: readonly string[], isDiff: boolean): string {
  if (isDiff) return outputs.join('');
  return outputs.map((text, i) => (i > 0 && !/^(---|%)/.test(text) ? `---\n${text}` : text)).join('');
}

function report({ reports }: OfflineResult, isExplained: boolean, { terminal, paint }: Streams): void {
  for (const each of reports) terminal.stderr.write(`${reportLines(each, isExplained, paint).join('\n')}\n`);
}

const STYLES = {
  injected: 'good',
  restored: 'good',
  skipped: 'strong',
  unchanged: 'strong',
  refused: 'error',
} as const;

function reportLines(
  { name, outcome, message, decision, warnings }: PodReport,
  isExplained: boolean,
  paint: Paint,
): string[] {
  const steps = isExplained ? (decision?.steps ?? []) : [];
  return [
    // What is wrong with a refused Pod follows, with its lines.
    `${name}: ${paint(STYLES[outcome], outcome)}.${outcome === 'refused' ? '' : ` ${message}`}`,
    ...steps.map((step, i) => `  ${i === steps.length - 1 ? 'decided by' : 'looked at '}: ${step.message}`),
    ...warnings.map((warning) => `  ${paint('warning', 'warning')}: ${warning}`),
  ];
}
