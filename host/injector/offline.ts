// `weft inject` and `weft uninject` as functions: the text of manifests in, their text out, with what happened to each Pod.
import { finding } from '../config/finding.js';
import type { Finding, FindingCode, Position } from '../config/finding.js';
import type { Decision, DecisionCode, Problem } from './decision.js';
import { inject } from './inject.js';
import type { InjectorValues, Pod } from './inject.js';
import { namespacesOf, parseManifests } from './manifests.js';
import type { Manifest, Manifests, PodPlace } from './manifests.js';
import { hasForeignSidecar } from './metadata.js';
import { nodeAt } from './node_path.js';
import { restore } from './restore.js';
import { shapeProblems } from './shape.js';
import { rewritten } from './rewrite_document.js';

export interface OfflineOptions {
  readonly values: InjectorValues;
  /** For what names no namespace of its own. */
  readonly namespace: string;
  /** Labels of that namespace; absent, only those of Namespaces among the manifests count. */
  readonly namespaceLabels?: Readonly<Record<string, string>>;
  readonly clusterVersion?: string;
}

/** What happened to one Pod or template. */
export interface PodReport {
  /** `Deployment shop/web`. */
  readonly name: string;
  readonly outcome: 'injected' | 'skipped' | 'refused' | 'unchanged' | 'restored';
  /** A sentence. */
  readonly message: string;
  readonly decision?: Decision;
  readonly warnings: readonly string[];
}

export interface OfflineResult {
  /** Undefined where there are errors: a part of the manifests is worse than none. */
  readonly text: string | undefined;
  readonly reports: readonly PodReport[];
  readonly findings: readonly Finding[];
  /** The text is no YAML at all. */
  readonly isUnreadable: boolean;
}

interface Outcome {
  readonly report: PodReport;
  readonly pod: Pod | undefined;
  readonly problems: readonly Problem[];
}

export function injectText(text: string, file: string, options: OfflineOptions): OfflineResult {
  return eachPod(text, file, (manifests) => {
    const namespaces = namespacesOf(manifests);
    return (place) => injectOne(place, namespaces, options);
  });
}

export function uninjectText(text: string, file: string): OfflineResult {
  return eachPod(text, file, () => uninjectOne);
}

function injectOne(place: PodPlace, namespaces: ReturnType<typeof namespacesOf>, options: OfflineOptions): Outcome {
  const { pod, workload } = place;
  const { values, clusterVersion } = options;
  const name = place.namespace ?? options.namespace;
  const labels = namespaces.get(name) ?? (name === options.namespace ? options.namespaceLabels : undefined);
  const namespace = { name, ...(labels === undefined ? {} : { labels }) };
  const context = { values, namespace, workload, ...(clusterVersion === undefined ? {} : { clusterVersion }) };
  const { pod: injected, decision, warnings } = inject(pod, context);
  const isSame = decision.outcome === 'injected' && JSON.stringify(injected) === JSON.stringify(pod);
  const report: PodReport = {
    name: nameOf(place, name),
    outcome: isSame ? 'unchanged' : decision.outcome,
    message: isSame ? 'It is injected already, with the same values.' : decision.message,
    decision,
    warnings,
  };
  return {
    report,
    pod: decision.outcome === 'injected' && !isSame ? injected : undefined,
    problems: decision.problems,
  };
}

function nameOf({ workload }: PodPlace, namespace: string | undefined): string {
  return `${workload.kind} ${namespace === undefined ? '' : `${namespace}/`}${workload.name === '' ? '(no name)' : workload.name}`;
}

function uninjectOne(place: PodPlace): Outcome {
  const name = nameOf(place, place.namespace);
  const malformed = shapeProblems(place.pod);
  const { pod, wasInjected, problems } =
    malformed.length > 0 ? { pod: place.pod, wasInjected: false, problems: malformed } : restore(place.pod);
  const all = problems.length > 0 || wasInjected ? problems : foreignProblems(place.pod);
  if (all.length > 0) {
    return {
      report: { name, outcome: 'refused', message: all[0].message, warnings: [] },
      pod: undefined,
      problems: all,
    };
  }
  return wasInjected
    ? {
        report: { name, outcome: 'restored', message: 'It is as it was before injection.', warnings: [] },
        pod,
        problems: [],
      }
    : {
        report: { name, outcome: 'unchanged', message: 'It has no sidecar.', warnings: [] },
        pod: undefined,
        problems: [],
      };
}

/** A sidecar that another injector put in: how the Pod was before stands nowhere. */
function foreignProblems(pod: Pod): Problem[] {
  if (!hasForeignSidecar(pod)) return [];
  const message = 'Another injector put the sidecar in and did not write down how the Pod was before.';
  return [{ code: 'already_injected', path: 'metadata.annotations', message }];
}

const CODES: Partial<Record<DecisionCode, FindingCode>> = {
  invalid_annotation: 'WEFT1801',
  port_clash: 'WEFT1802',
  malformed_pod: 'WEFT1803',
  template_failed: 'WEFT1804',
  invalid_override: 'WEFT1804',
  invalid_environment: 'WEFT1510',
  already_injected: 'WEFT1806',
};

function eachPod(
  text: string,
  file: string,
  prepare: (manifests: readonly Manifest[]) => (place: PodPlace) => Outcome,
): OfflineResult {
  const parsed = readable(text);
  if (parsed instanceof Error) {
    const position = { file, line: 1, column: 1, length: 1 };
    return unreadable([finding('WEFT1004', '', parsed.message, { position })]);
  }
  const positionOf = (offset: number, length: number): Position => positionAt(parsed, text, file, offset, length);
  if (parsed.problems.length > 0) {
    return unreadable(
      parsed.problems.map(({ message, offset, length }) =>
        finding('WEFT1002', '', message, { position: positionOf(offset, length) }),
      ),
    );
  }
  const change = prepare(parsed.manifests);
  const done = parsed.manifests.map((manifest) => ({
    manifest,
    outcomes: manifest.pods.map((place) => ({ place, ...change(place) })),
  }));
  const findings = done.flatMap(({ manifest, outcomes }) =>
    outcomes.flatMap((each) => each.problems.map((problem) => findingOf(problem, manifest, each.place, positionOf))),
  );
  const reports = done.flatMap(({ outcomes }) => outcomes.map(({ report }) => report));
  if (findings.length > 0) return { text: undefined, reports, findings, isUnreadable: false };
  const texts = done.map(({ manifest, outcomes }) => {
    const changes = outcomes.flatMap(({ place, pod }) => (pod === undefined ? [] : [[place, pod] as const]));
    return changes.length === 0 ? manifest.text : textOf(manifest, changes, parsed.isJson);
  });
  // A stream of nothing but comments has no documents.
  return { text: texts.length === 0 ? text : texts.join(''), reports, findings, isUnreadable: false };
}

function readable(text: string): Manifests | Error {
  try {
    return parseManifests(text);
  } catch (error) {
    // Nested too deeply for the parser, or grown too large by aliases.
    if (error instanceof RangeError || error instanceof ReferenceError) {
      return new Error('the document is nested too deeply or grows too large by its aliases');
    }
    throw error;
  }
}

function unreadable(findings: Finding[]): OfflineResult {
  return { text: undefined, reports: [], findings, isUnreadable: true };
}

function positionAt({ lines }: Manifests, text: string, file: string, offset: number, length: number): Position {
  const { line, col } = lines.linePos(Math.min(offset, text.length));
  const lineEnd = text.indexOf('\n', offset);
  const rest = (lineEnd < 0 ? text.length : lineEnd) - offset;
  return { file, line: Math.max(line, 1), column: Math.max(col, 1), length: Math.max(1, Math.min(length, rest)) };
}

function findingOf(
  { code, path, message, value, allowed }: Problem,
  { document }: Manifest,
  place: PodPlace,
  positionOf: (offset: number, length: number) => Position,
): Finding {
  const pod = document.getIn(place.path, true);
  const range = (nodeAt(pod, path) ?? nodeAt(document.contents, ''))?.range;
  const whole = [
    ...place.path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`)),
    path === '' ? '' : `.${path}`,
  ];
  return finding(CODES[code] ?? 'WEFT1803', whole.join('').replace(/^\./, ''), message.replace(/\.$/, ''), {
    ...(value === undefined ? {} : { written: value }),
    ...(allowed === undefined ? {} : { allowed }),
    ...(range === undefined || range === null ? {} : { position: positionOf(range[0], range[1] - range[0]) }),
  });
}

/** JSON stays JSON; a YAML document keeps everything that has not changed. */
function textOf(manifest: Manifest, changes: readonly (readonly [PodPlace, Pod])[], isJson: boolean): string {
  const text = rewritten(manifest, changes);
  if (!isJson) return text;
  const indent = /^\{\s*?\n( +|\t)/.exec(manifest.text)?.[1] ?? (manifest.text.trim().includes('\n') ? 2 : undefined);
  return `${JSON.stringify(manifest.document.toJS(), null, indent)}${/\n?$/.exec(manifest.text)![0]}`;
}
