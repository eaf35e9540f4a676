// A golden case of the injector: a Pod and options, and what comes of them.
import { parse, stringify } from 'yaml';
import { inject, readValues } from '../../host/injector/inject.js';
import type { InjectContext, Injection, Pod } from '../../host/injector/inject.js';
import type { GoldenCase } from './golden.js';

export function podOf({ blocks }: GoldenCase): Pod {
  return parse(blocks.get('pod')!) as Pod;
}

/** Options: `values` (as the file of --values), `namespace`, `workload`, `clusterVersion`, `clusterId`, `network`. */
export function contextOf({ blocks, claim }: GoldenCase): InjectContext {
  const { values = {}, ...rest } = (parse(blocks.get('options') ?? '{}') ?? {}) as Record<string, unknown>;
  const read = readValues(stringify(values));
  if (read.findings.length > 0) throw new Error(`${claim}: ${JSON.stringify(read.findings)}`);
  return { ...rest, values: read.values };
}

/** The blocks that a case is to have, but for its input. */
export function answersOf(golden: GoldenCase): Map<string, string> {
  const { pod, decision, warnings } = inject(podOf(golden), contextOf(golden));
  return new Map(
    [
      ['decision', `${decision.outcome}: ${decision.code}\n${decision.message}`],
      ['problems', problemsOf(decision)],
      ['warnings', warnings.join('\n')],
      ['injected', decision.outcome === 'injected' ? yamlOf(pod) : ''],
    ].filter(([, text]) => text !== '') as [string, string][],
  );
}

function problemsOf({ problems }: Injection['decision']): string {
  return problems
    .map(
      ({ path, value = '', allowed = '', message }) =>
        `${path}\n  value: ${value}\n  allowed: ${allowed}\n  ${message}`,
    )
    .join('\n');
}

export function yamlOf(pod: Pod): string {
  return stringify(pod, { lineWidth: 0, aliasDuplicateObjects: false }).trimEnd();
}
