// Kubernetes manifests as text, and where the Pods are in them.
// Read as YAML 1.1, as Kubernetes reads it (0644 is octal), less what Kubernetes does not know (dates, base 60).
import { Lexer, LineCounter, parseAllDocuments, Parser } from 'yaml';
import type { Document } from 'yaml';
import { isYamlTooDeep } from '../config/yaml_depth.js';
import { isFields, own } from './pod.js';
import type { Pod, Workload } from './pod.js';

/** A Pod, or the template of one, somewhere in a document. */
export interface PodPlace {
  readonly pod: Pod;
  readonly workload: Workload;
  readonly namespace: string | undefined;
  /** Where the Pod stands in its document. */
  readonly path: readonly (string | number)[];
}

export interface Manifest {
  /** The text of the document, with the marker before it. */
  readonly text: string;
  readonly document: Document;
  readonly root: unknown;
  readonly pods: readonly PodPlace[];
}

export interface SyntaxProblem {
  readonly message: string;
  readonly offset: number;
  readonly length: number;
}

export interface Manifests {
  readonly manifests: readonly Manifest[];
  readonly problems: readonly SyntaxProblem[];
  readonly lines: LineCounter;
  readonly isJson: boolean;
}

const NOT_OF_KUBERNETES = new Set(['tag:yaml.org,2002:timestamp', 'tag:yaml.org,2002:binary', 'tag:yaml.org,2002:set']);
const MAX_ALIASES = 1000;

/** Throws a RangeError where the text is nested too deeply. */
export function parseManifests(text: string): Manifests {
  if (isYamlTooDeep({ Lexer, Parser }, text)) throw new RangeError('the document is nested too deeply');
  const lines = new LineCounter();
  const parsed = parseAllDocuments(text, {
    version: '1.1',
    lineCounter: lines,
    prettyErrors: false,
    logLevel: 'silent',
    customTags: (tags) =>
      tags.filter(
        (tag) =>
          typeof tag === 'string' ||
          (!NOT_OF_KUBERNETES.has(tag.tag ?? '') && !('format' in tag && tag.format === 'TIME')),
      ),
  });
  const documents = Array.isArray(parsed) ? parsed : [];
  const problems = documents.flatMap(({ errors }) =>
    errors.map(({ message, pos }) => ({
      message: message.replace(/\.$/, ''),
      offset: pos[0],
      length: pos[1] - pos[0],
    })),
  );
  const isJson = /^\s*\{/.test(text);
  if (problems.length > 0) return { manifests: [], problems, lines, isJson };
  let start = 0;
  const manifests = documents.map((document, i) => {
    const end = i === documents.length - 1 ? text.length : (document.range?.[2] ?? start);
    const manifest = manifestOf(document as Document, text.slice(start, end));
    start = end;
    return manifest;
  });
  return { manifests, problems, lines, isJson };
}

function manifestOf(document: Document, text: string): Manifest {
  const root: unknown = document.toJS({ maxAliasCount: MAX_ALIASES });
  return { text, document, root, pods: podsOf(root, []) };
}

/** Where the kinds of Kubernetes that make Pods keep their template. */
const TEMPLATES = new Map<string, readonly string[]>([
  ['Pod', []],
  ['Deployment', ['spec', 'template']],
  ['StatefulSet', ['spec', 'template']],
  ['DaemonSet', ['spec', 'template']],
  ['ReplicaSet', ['spec', 'template']],
  ['ReplicationController', ['spec', 'template']],
  ['Job', ['spec', 'template']],
  ['CronJob', ['spec', 'jobTemplate', 'spec', 'template']],
  ['PodTemplate', ['template']],
]);
export const KINDS = [...TEMPLATES.keys()];

function podsOf(value: unknown, path: readonly (string | number)[]): PodPlace[] {
  if (!isFields(value) || typeof value.kind !== 'string') return [];
  if (value.kind.endsWith('List') && Array.isArray(value.items)) {
    return value.items.flatMap((item, i) => podsOf(item, [...path, 'items', i]));
  }
  const inside = TEMPLATES.get(value.kind);
  if (inside === undefined) return [];
  const pod = inside.reduce<unknown>((at, name) => (isFields(at) ? own(at, name) : undefined), value);
  const metadata = isFields(value.metadata) ? value.metadata : {};
  return [
    {
      pod: pod as Pod,
      workload: {
        apiVersion: textOf(value.apiVersion),
        kind: value.kind,
        name: textOf(metadata.name) || textOf(metadata.generateName).replace(/-$/, ''),
      },
      namespace: typeof metadata.namespace === 'string' ? metadata.namespace : undefined,
      path: [...path, ...inside],
    },
  ];
}

function textOf(field: unknown): string {
  return typeof field === 'string' ? field : '';
}

/** The labels of the Namespaces that stand among the manifests, by name. */
export function namespacesOf(manifests: readonly Manifest[]): Map<string, Readonly<Record<string, string>>> {
  const found = new Map<string, Readonly<Record<string, string>>>();
  const visitRoot = (root: unknown): void => {
    if (!isFields(root) || typeof root.kind !== 'string') return;
    if (root.kind.endsWith('List') && Array.isArray(root.items)) root.items.forEach(visitRoot);
    const { name, labels } = isFields(root.metadata) ? root.metadata : {};
    if (root.kind === 'Namespace' && typeof name === 'string')
      found.set(name, (isFields(labels) ? labels : {}) as Record<string, string>);
  };
  for (const { root } of manifests) visitRoot(root);
  return found;
}
