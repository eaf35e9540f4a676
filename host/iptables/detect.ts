// Which programs change the rules here, and which others may have left some.
import type { ResolveGroup } from './compare.js';
import type { Engine } from './engine.js';
import { InterceptionError } from './failure.js';
import { IptablesEngine } from './iptables_engine.js';
import type { RunOptions } from './options.js';
import { backend, hasLegacyTables } from './programs.js';
import type { Place } from './apply.js';

/**
 * The forced kind; else the one that holds rules of ours, so that a second run finds what the first one made; else legacy where
 * the network namespace has legacy tables; else nft; else whatever `iptables` is.
 */
export function detectPlace({ forceBinary }: RunOptions, group: ResolveGroup): Place {
  const legacy = engineOf('legacy', group);
  const nft = engineOf('nft', group);
  const plain = legacy === undefined && nft === undefined ? engineOf('default', group) : undefined;
  const usesLegacy = hasLegacyTables();
  // Asking the legacy programs where there are no legacy tables would make some.
  const all = [nft, usesLegacy || forceBinary === 'legacy' || nft === undefined ? legacy : undefined, plain];
  const present = all.filter((each) => each !== undefined);
  const forced = forceBinary === undefined ? undefined : forceBinary === 'legacy' ? legacy : nft;
  if (forceBinary !== undefined && forced === undefined) throw missing(`iptables-${forceBinary}-restore`);
  const engine = forced ?? holder(present) ?? (usesLegacy ? legacy : nft) ?? present[0];
  if (engine === undefined) throw missing('iptables-restore');
  return { engine, others: present.filter((each) => each !== engine) };
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
