// The injector's own numbers, in Prometheus' text format, under the names of Istio's injector.

/** Seconds. */
const BOUNDS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1];

/** Reasons are words of ours, not of strangers; should that be wrong one day, the page does not grow without end. */
const MAX_REASONS = 64;

const HELP = {
  sidecar_injection_requests_total: 'Reviews answered, and bodies refused that were none.',
  sidecar_injection_success_total: 'Pods that got the sidecar.',
  sidecar_injection_failure_total: 'Pods that were refused, and bodies that were no review.',
  sidecar_injection_events_total: 'Kubernetes Events written.',
  sidecar_injection_events_dropped_total:
    'Kubernetes Events not written: too many at once, or the API server did not take them.',
  sidecar_injection_values_reload_failure_total: 'Changed values that could not be used; the last good ones stay.',
  sidecar_injection_ca_bundle_patch_total: 'Corrections of caBundle in the webhook configuration.',
} as const;

export type Counter = keyof typeof HELP;

export class InjectorMetrics {
  private readonly counters = new Map<Counter, number>(Object.keys(HELP).map((name) => [name as Counter, 0]));
  private readonly skips = new Map<string, number>();
  private readonly buckets = BOUNDS.map(() => 0);
  private seconds = 0;
  private observations = 0;
  /** Seconds since 1970, of the serving certificate and of the CA; undefined before there is one. */
  certificateExpiry: { readonly serving: number; readonly authority: number | undefined } | undefined;

  increment(name: Counter): void {
    this.counters.set(name, this.value(name) + 1);
  }

  value(name: Counter): number {
    return this.counters.get(name) ?? 0;
  }

  skipped(reason: string): void {
    const label = this.skips.has(reason) || this.skips.size < MAX_REASONS ? reason : 'other';
    this.skips.set(label, (this.skips.get(label) ?? 0) + 1);
  }

  observe(seconds: number): void {
    this.seconds += seconds;
    this.observations++;
    const bucket = BOUNDS.findIndex((bound) => seconds <= bound);
    if (bucket >= 0) this.buckets[bucket]++;
  }

  render(): string {
    return [...this.counterLines(), ...this.skipLines(), ...this.timeLines(), ...this.expiryLines(), ''].join('\n');
  }

  private *counterLines(): Iterable<string> {
    for (const [name, value] of this.counters) {
      yield `# HELP ${name} ${HELP[name]}`;
      yield `# TYPE ${name} counter`;
      yield `${name} ${value}`;
    }
  }

  private *skipLines(): Iterable<string> {
    const name = 'sidecar_injection_skip_total';
    yield `# HELP ${name} Pods that were left as they are, by reason.`;
    yield `# TYPE ${name} counter`;
    for (const [reason, value] of this.skips) yield `${name}{reason="${escapeLabel(reason)}"} ${value}`;
  }

  private *timeLines(): Iterable<string> {
    const name = 'sidecar_injection_time_seconds';
    yield `# HELP ${name} From the whole body of a review to its answer.`;
    yield `# TYPE ${name} histogram`;
    let sum = 0;
    for (const [i, bound] of BOUNDS.entries()) yield `${name}_bucket{le="${bound}"} ${(sum += this.buckets[i])}`;
    yield `${name}_bucket{le="+Inf"} ${this.observations}`;
    yield `${name}_sum ${this.seconds}`;
    yield `${name}_count ${this.observations}`;
  }

  private *expiryLines(): Iterable<string> {
    if (this.certificateExpiry === undefined) return;
    const name = 'sidecar_injector_certificate_expiry_seconds';
    yield `# HELP ${name} When a certificate expires, in seconds since 1970.`;
    yield `# TYPE ${name} gauge`;
    const { serving, authority } = this.certificateExpiry;
    yield `${name}{certificate="serving"} ${serving}`;
    if (authority !== undefined) yield `${name}{certificate="authority"} ${authority}`;
  }
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
