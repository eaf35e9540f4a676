// The order in which weighted round robin takes its hosts: that of an earliest-deadline-first queue, whose period is fixed
// by the weights and can be written down once. (Envoy keeps such a queue per worker and updates it with every pick.)

/** The longest schedule that is written down; weights that need more are served from their running sums. */
export const MAX_SCHEDULE = 8192;

function gcd(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b];
  return a;
}

/** True when `weights` are all the same, so that no schedule is needed. */
export function weightsAreEqual(weights: readonly number[]): boolean {
  return weights.every((weight) => weight === weights[0]);
}

/**
 * Indices into `weights` for one period. Host i is due at the times k / weight; of two that are due at once the one that
 * waits longer goes first, as in the queue. Empty when the period is longer than MAX_SCHEDULE.
 */
export function edfSchedule(weights: readonly number[]): number[] {
  const divisor = weights.reduce(gcd, 0);
  const parts = weights.map((weight) => weight / divisor);
  const period = parts.reduce((sum, part) => sum + part, 0);
  if (period > MAX_SCHEDULE) return [];
  const turns = parts.flatMap((part, host) => Array.from({ length: part }, (_, k) => ({ host, part, turn: k + 1 })));
  turns.sort((a, b) => a.turn * b.part - b.turn * a.part || a.part - b.part || a.host - b.host);
  return turns.map((turn) => turn.host);
}
