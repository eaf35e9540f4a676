// From the user's files to a decoded, validated Bootstrap.
import type { envoy } from '../../proto/generated/api.js';
import { Decoder } from './decode.js';
import type { Origins } from './decode.js';
import { Descriptors } from './descriptors.js';
import { hasErrors, sortFindings } from './finding.js';
import type { Finding, Position } from './finding.js';
import { Locator } from './locate.js';
import { mergeMessage } from './merge.js';
import type { Message } from './message.js';
import type { ConfigSource } from './source.js';
import { validateMessage } from './validate.js';
import type { UnsupportedFields } from './validate.js';

export type Bootstrap = envoy.config.bootstrap.v3.Bootstrap;

export interface DecodeOptions {
  readonly unsupportedFields: UnsupportedFields;
  /** Loaded when absent; whoever decodes more than once passes its own. */
  readonly descriptors?: Descriptors;
}

export interface DecodedBootstrap {
  readonly bootstrap: Bootstrap;
  /** In the order of the files. */
  readonly findings: readonly Finding[];
  /** The lines of findings that have only a path, as those of host/compile/. */
  place(findings: readonly Finding[]): Finding[];
  positionOf(path: string): Position | undefined;
}

export const BOOTSTRAP_TYPE = 'envoy.config.bootstrap.v3.Bootstrap';

/**
 * Decodes the sources and merges them in order, as protobuf's MergeFrom does. The bootstrap is whole and right only when no
 * finding is an error; what was left out because of `unsupportedFields: 'warn'` is a warning each.
 */
export function decodeBootstrap(sources: readonly ConfigSource[], options: DecodeOptions): DecodedBootstrap {
  const descriptors = options.descriptors ?? new Descriptors();
  const type = descriptors.type(BOOTSTRAP_TYPE);
  const origins: Origins = new Map();
  const findings: Finding[] = [];
  const merged = type.create() as Message;
  for (const source of sources) {
    const decoder = new Decoder(descriptors, source, origins);
    mergeMessage(type, merged, decoder.decodeRoot(type), origins);
    findings.push(...source.findings, ...decoder.findings);
  }
  const locator = new Locator(merged, origins);
  // Where the document has no shape, its rules would only repeat that.
  const isReadable = !findings.some((f) => f.code === 'WEFT1002' || f.code === 'WEFT1004' || f.code === 'WEFT1005');
  if (isReadable) {
    const validation = validateMessage(descriptors, merged, options);
    findings.push(...withoutEchoes(locator.place(validation.findings), findings));
    if (options.unsupportedFields === 'warn') validation.prune();
  }
  return {
    bootstrap: merged as unknown as Bootstrap,
    findings: sortFindings(findings),
    place: (found) => locator.place(found),
    positionOf: (path) => locator.positionOf(path),
  };
}

/** A value that could not be decoded is absent for the rules: they say nothing about its place again. */
export function withoutEchoes(found: readonly Finding[], known: readonly Finding[]): Finding[] {
  if (!hasErrors(known)) return [...found];
  const broken = known.map((f) => f.path).filter((path) => path !== '');
  return found.filter(
    (f) => !broken.some((path) => isAround(f.path, path) || (isMissing(f) && isAround(path, f.path))),
  );
}

function isAround(path: string, outer: string): boolean {
  return path === outer || (path.startsWith(outer) && /^[.[]/.test(path.slice(outer.length)));
}

function isMissing(f: Finding): boolean {
  return f.code === 'WEFT1201' || f.code === 'WEFT1208';
}
