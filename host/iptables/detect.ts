// Which programs change the rules here, and which others may have left some.
import type { ResolveGroup } from './compare.js';
import type { Engine } from './engine.js';
import { InterceptionError } from './failure.js';
import { IptablesEngine } from './iptables_engine.js';
import type { RunOptions } from './options.js';
import { NftEngine, nftMissing } from './nft_engine.js';
import { backend, findProgram, hasLegacyTables } from './programs.js';
import type { Place } from './apply.js';

/**
 * nft where it is asked for. Else iptables of the forced kind; else of the kind that holds rules of ours, so that a second run
 * finds what the first one made; else legacy where the network namespace has legacy tables; else nft; else whatever it is.
 */
export function detectPlace({ forceBinary, nativeNftables, cleanupOnly }: RunOptions, group: ResolveGroup): Place {
  const nft = findProgram('nft');
  const native = nft === undefined ? undefined : new NftEngine(nft, group);
  const { engine, present } = detectIptables(forceBinary, group);
  if (nativeNftables && native === undefined) throw nftMissing();
  if (forceBinary !== undefined && engine === undefined) throw missing(`iptables-${forceBinary}-restore`);
  const chosen = nativeNftables || (cleanupOnly && engine === undefined) ? native : engine;
  if (chosen === undefined) throw missing('iptables-restore');
  return {
    engine: chosen,
    others: [native, ...present].filter((each) => each !== undefined && each !== chosen) as Engine[],
  };
}

function detectIptables(
  forceBinary: RunOptions['forceBinary'],
  group: ResolveGroup,
): { engine: Engine | undefined; present: readonly Engine[] } {
  const legacy = engineOf('legacy', group);
  const nft = engineOf('nft', group);
  const plain = legacy === undefined && nft === undefined ? engineOf('default', group) : undefined;
  const usesLegacy = hasLegacyTables();
  // Asking the legacy programs where there are no legacy tables would make some.
  const all = [nft, usesLegacy || forceBinary === 'legacy' || nft === undefined ? legacy : undefined, plain];
  const present = all.filter((each) => each !== undefined);
  if (forceBinary !== undefined) return { engine: forceBinary === 'legacy' ? legacy : nft, present };
  return { engine: holder(present) ?? (usesLegacy ? legacy : undefined) ?? present[0], present };
}

function engineOf(kind: 'legacy' | 'nft' | 'default', group: ResolveGroup): Engine | undefined {
  const programs = backend(kind);
  return programs === undefined ? undefined : new IptablesEngine(programs, group);
}

function holder(engines: readonly Engine[]): Engine | undefined {
  if (engines.length < 2) return undefined;
  return engines.find((engine) => {
    engine.read();
    return engine.hasOwn;
  });
}

function missing(program: string): InterceptionError {
  return new InterceptionError(
    'WEFT1902',
    `${program} is not installed: the image needs iptables, or nft and --native-nftables; nothing was changed`,
  );
}
