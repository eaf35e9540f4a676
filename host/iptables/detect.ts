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
 * finds what the first one made; else legacy where the network namespace has legacy tables; else the first that works here of nft,
 * legacy, and whatever `iptables` is.
 */
export function detectPlace(run: RunOptions, group: ResolveGroup): Place {
  const readings = new Readings();
  const program = findProgram('nft');
  const native = program === undefined ? undefined : new NftEngine(program, group);
  const { chosen, others } = detectIptables(run.forceBinary, group, readings);
  if (run.nativeNftables && native === undefined) throw nftMissing();
  const engine = run.nativeNftables ? native : (chosen ?? (run.cleanupOnly ? native : undefined));
  if (engine === undefined)
    throw missing(run.forceBinary === undefined ? 'iptables-restore' : `iptables-${run.forceBinary}-restore`);
  const all = [native, chosen, ...others].filter((each) => each !== undefined && each !== engine) as Engine[];
  readings.ensure(engine);
  return { engine, others: all.filter((each) => readings.works(each)) };
}

/** Whether iptables may read tables of nft here, which takes NET_ADMIN: by capabilities of its file, then. */
export function programsHaveNetAdmin(): boolean {
  const engine = engineOf('nft', (name) => name) ?? engineOf('default', (name) => name);
  return engine !== undefined && new Readings().works(engine);
}

interface Iptables {
  readonly chosen: Engine | undefined;
  readonly others: readonly Engine[];
}

function detectIptables(forceBinary: RunOptions['forceBinary'], group: ResolveGroup, readings: Readings): Iptables {
  const legacy = engineOf('legacy', group);
  const nft = engineOf('nft', group);
  const plain = legacy === undefined && nft === undefined ? engineOf('default', group) : undefined;
  const usesLegacy = hasLegacyTables();
  if (forceBinary !== undefined) {
    const [forced, other] = forceBinary === 'legacy' ? [legacy, nft] : [nft, usesLegacy ? legacy : undefined];
    return { chosen: forced, others: other === undefined ? [] : [other] };
  }
  if (usesLegacy) return chooseOf([nft, legacy], legacy ?? nft, readings);
  // Asking the legacy programs where there are no legacy tables makes some: only where nothing else works.
  if (nft !== undefined && (legacy === undefined || readings.works(nft))) return { chosen: nft, others: [] };
  return { chosen: legacy ?? plain, others: [] };
}

/** The one that holds rules of ours, or else the given one. */
function chooseOf(
  engines: readonly (Engine | undefined)[],
  otherwise: Engine | undefined,
  readings: Readings,
): Iptables {
  const present = engines.filter((each) => each !== undefined && readings.works(each)) as Engine[];
  const chosen = present.find((each) => each.hasOwn) ?? otherwise;
  return { chosen, others: present.filter((each) => each !== chosen) };
}

/** Each engine is read once, here. */
class Readings {
  private readonly results = new Map<Engine, boolean>();

  /** Whether this kernel and this program know each other's tables; what does not work cannot have made rules either. */
  works(engine: Engine): boolean {
    try {
      this.ensure(engine);
    } catch {
      this.results.set(engine, false);
    }
    return this.results.get(engine)!;
  }

  /** Throws what reading throws. */
  ensure(engine: Engine): void {
    if (this.results.get(engine) === true) return;
    engine.read();
    this.results.set(engine, true);
  }
}

function engineOf(kind: 'legacy' | 'nft' | 'default', group: ResolveGroup): Engine | undefined {
  const programs = backend(kind);
  return programs === undefined ? undefined : new IptablesEngine(programs, group);
}

function missing(program: string): InterceptionError {
  return new InterceptionError(
    'WEFT1902',
    `${program} is not installed: the image needs iptables, or nft and --native-nftables; nothing was changed`,
  );
}
