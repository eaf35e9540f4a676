// A row of the torture table: what is tried, how much of it survived, what was lost.
import type { PeerKind } from '../../test/support/peer.js';
import type { Random } from './random.js';

export interface Context {
  kind: PeerKind;
  random: Random;
  /** For CI: enough to see that the row works. */
  short: boolean;
}

export interface Outcome {
  tried: number;
  survived: number;
  /** One line for each kind of loss, or for the first few. */
  losses: string[];
  /** Figures worth keeping. */
  notes: string[];
}

export interface Row {
  /** Number in the list of figures that an excellent proxy shows. */
  number: number;
  name: string;
  /** Why it cannot run here. */
  missing?(context: Context): string | undefined;
  run(context: Context): Promise<Outcome>;
}

/** Counts outcomes, and keeps the first few losses. */
export class Tally implements Outcome {
  tried = 0;
  survived = 0;
  losses: string[] = [];
  notes: string[] = [];

  check(ok: boolean, describe: () => string): void {
    this.tried++;
    if (ok) this.survived++;
    else if (this.losses.length < 10) this.losses.push(describe());
  }
}

/** Runs `work` for 0 … count-1, at most `width` at a time. */
export async function inParallel(count: number, width: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: Math.min(width, count) }, worker));
}
