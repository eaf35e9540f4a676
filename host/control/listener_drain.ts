// What becomes of the objects of listeners that serve no new connections: which of their filter chains drain, and when they are gone.
import type { ListenerObject } from '../compile/listener_object.js';
import type { Core } from '../core/load.js';
import type { Retirement } from '../core/retirement.js';
import type { Supervisor } from '../process/supervisor.js';

/** An object as it is published: `serials` of its chains. */
export interface DrainedObject extends ListenerObject {
  readonly serials: readonly number[];
}

interface Draining {
  readonly object: DrainedObject;
  /** Chains that drain. */
  readonly retired: Set<number>;
  readonly endings: Ending[];
  readonly freed: () => void;
}

/** The end of a drain time. */
interface Ending {
  open: number; // objects that it is about
  readonly timer: NodeJS.Timeout;
}

export interface ListenerDrainOptions {
  readonly core: Core;
  readonly supervisor: Supervisor;
  readonly retirement: Retirement;
  /** How long connections may go on, ms. */
  readonly drainMs: number;
}

/** Numbers of retirements, and the gauges over all listeners. */
export class ListenerDrains {
  listeners = 0;
  chains = 0;
  private retirements = 0;

  constructor(readonly options: ListenerDrainOptions) {}

  next(): number {
    return ++this.retirements;
  }
}

/** The objects that one listener has had, as long as anything of them is left. */
export class ListenerDrain {
  private readonly alive = new Set<Draining>();
  private onGone: (() => void) | undefined;

  constructor(private readonly drains: ListenerDrains) {}

  /**
   * `object` has been replaced: the chains of all objects so far that `kept` does not name drain, and the others' connections go over.
   * Without `kept` the listener was replaced as a whole, or removed.
   */
  replaced(object: DrainedObject, kept: ReadonlySet<number> | undefined, freed: () => void): void {
    const { drains } = this;
    const { retirement } = drains.options;
    const draining: Draining = { object, retired: new Set(), endings: [], freed };
    this.alive.add(draining);
    this.retire(kept);
    if (!kept) drains.listeners++;
    retirement.add(object.address, () => {
      if (!kept) drains.listeners--;
      else drains.chains -= draining.retired.size;
      this.gone(draining);
    });
  }

  /** Calls `then` when nothing of any object is left. */
  whenGone(then: () => void): void {
    if (this.alive.size === 0) then();
    else this.onGone = then;
  }

  private gone(draining: Draining): void {
    this.alive.delete(draining);
    for (const ending of draining.endings) if (--ending.open === 0) clearTimeout(ending.timer);
    draining.freed();
    if (this.alive.size === 0) this.onGone?.();
  }

  private retire(kept: ReadonlySet<number> | undefined): void {
    const { core, supervisor, drainMs } = this.drains.options;
    const number = this.drains.next();
    const affected: Draining[] = [];
    for (const each of this.alive) if (this.mark(each, kept, number, core)) affected.push(each);
    if (affected.length === 0) return;
    supervisor.broadcast({ type: 'retire', retirement: number, ms: drainMs });
    const close = (): void => supervisor.broadcast({ type: 'close_retired', retirement: number });
    const ending: Ending = { open: affected.length, timer: setTimeout(close, drainMs).unref() };
    for (const { endings } of affected) endings.push(ending);
  }

  private mark(
    { object, retired }: Draining,
    kept: ReadonlySet<number> | undefined,
    number: number,
    core: Core,
  ): boolean {
    const { serials, chains, address } = object;
    let any = false;
    serials.forEach((serial, i) => {
      if (retired.has(serial) || kept?.has(serial)) return;
      core.exports.chainRetire(chains[i], number);
      retired.add(serial);
      if (kept) this.drains.chains++;
      any = true;
    });
    if (!kept) core.exports.listenerRetire(address, number);
    return any || !kept;
  }
}
