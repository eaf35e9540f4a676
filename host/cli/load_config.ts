// From flags to a decoded and compiled configuration with everything that is wrong with it. `proxy` and `validate` share it.
import { decodeBootstrap } from '../config/bootstrap.js';
import type { Bootstrap, DecodedBootstrap } from '../config/bootstrap.js';
import type { Descriptors } from '../config/descriptors.js';
import { hasErrors, sortFindings } from '../config/finding.js';
import type { Finding } from '../config/finding.js';
import { ConfigSource, readSource } from '../config/source.js';
import type { UnsupportedFields } from '../config/validate.js';
import type { SourceTexts } from './render_finding.js';

export interface ConfigRequest {
  readonly path: string | undefined;
  readonly yaml: string | undefined;
  /** In place of both. */
  readonly generated?: ConfigSource;
  readonly unsupportedFields: UnsupportedFields;
  readonly allowUnknownFields: boolean;
  /** Further documents to merge, such as what `--service-node` says. */
  readonly overlays?: readonly ConfigSource[];
  readonly descriptors?: Descriptors;
}

/** The step of host/compile/ without its effects: findings with paths from the root of the bootstrap. */
export type CompileCheck = (bootstrap: Bootstrap) => readonly Finding[];

export interface LoadedConfig {
  /** What the start line and messages call it. */
  readonly name: string;
  readonly findings: readonly Finding[];
  /** Undefined when the input could not be read. */
  readonly decoded: DecodedBootstrap | undefined;
  readonly texts: SourceTexts;
}

const UNREADABLE: ReadonlySet<string> = new Set(['WEFT1001', 'WEFT1002']);

export function loadConfig(request: ConfigRequest, compile: CompileCheck): LoadedConfig {
  const read = request.path === undefined ? [] : [readSource(request.path)];
  const sources = read.filter((source) => source instanceof ConfigSource);
  if (request.yaml !== undefined) sources.push(new ConfigSource('--config-yaml', request.yaml));
  if (request.generated !== undefined) sources.push(request.generated);
  const names = [request.path, request.yaml === undefined ? undefined : '--config-yaml', request.generated?.name];
  const name = names.filter(Boolean).join(' and ');
  const texts = new Map(sources.map((source) => [source.name, source.text]));
  const unread = read.filter((source): source is Finding => !(source instanceof ConfigSource));
  if (unread.length > 0) return { name, findings: unread, decoded: undefined, texts };

  const decoded = decodeBootstrap([...sources, ...(request.overlays ?? [])], request);
  let findings = decoded.findings.map((f) => (request.allowUnknownFields ? tolerateUnknown(f) : f));
  if (!hasErrors(findings)) findings = sortFindings([...findings, ...decoded.place(compile(decoded.bootstrap))]);
  const isReadable = !findings.some((f) => UNREADABLE.has(f.code));
  return {
    name,
    findings,
    decoded: isReadable ? { ...decoded, findings } : undefined,
    texts,
  };
}

/** `--allow-unknown-static-fields`: Envoy logs unknown fields and goes on. */
function tolerateUnknown(finding: Finding): Finding {
  return finding.code === 'WEFT1101' ? { ...finding, severity: 'warning' } : finding;
}
