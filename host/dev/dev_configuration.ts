// The files as one configuration: it is taken whole, or what was there before serves on.
import type { envoy } from '../../proto/generated/api.js';
import type { Descriptors } from '../config/descriptors.js';
import { hasErrors, sortFindings, type Finding } from '../config/finding.js';
import type { UnsupportedFields } from '../config/validate.js';
import { checkTogether, type CompileCheck } from './check_together.js';
import { readFile } from './read_file.js';
import { contentVersion, Snapshot } from './snapshot.js';

export interface FileText {
  readonly name: string;
  /** Or why it cannot be read. */
  readonly text: string | Finding;
}

export interface DevOptions {
  readonly descriptors: Descriptors;
  readonly unsupportedFields: UnsupportedFields;
  /** Serves whatever can be decoded: the clients are to judge. */
  readonly isUnchecked: boolean;
  readonly compile: CompileCheck;
}

export interface DevConfiguration {
  /** Undefined with an error among the findings. */
  readonly snapshot: Snapshot | undefined;
  readonly findings: readonly Finding[];
  /** By file, for code frames. */
  readonly texts: ReadonlyMap<string, string>;
  /** The first bootstrap among the documents. */
  readonly bootstrap: envoy.config.bootstrap.v3.Bootstrap | undefined;
}

export function readConfiguration(files: readonly FileText[], options: DevOptions): DevConfiguration {
  const texts = new Map<string, string>();
  const findings: Finding[] = [];
  for (const { name, text } of files) {
    if (typeof text === 'string') texts.set(name, text);
    else findings.push(text);
  }
  const read = [...texts].map(([name, text]) => readFile(name, text, options));
  for (const file of read) findings.push(...sortFindings(file.findings));
  const resources = read.flatMap((file) => file.resources);
  const documents = read.flatMap((file) => file.documents);
  if (!hasErrors(findings) && !options.isUnchecked) {
    findings.push(...checkTogether(resources, documents, options.descriptors, options.compile));
  }
  const bootstrap = documents.find((each) => each.bootstrap)?.bootstrap;
  if (hasErrors(findings)) return { snapshot: undefined, findings, texts, bootstrap };
  const served = resources.map(({ kind, name, bytes, ttlMs }) => ({
    kind,
    name,
    bytes,
    ttlMs,
    version: contentVersion(bytes),
  }));
  return { snapshot: new Snapshot(served), findings, texts, bootstrap };
}
