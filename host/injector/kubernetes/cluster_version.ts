// The version of the API server, by which native sidecars are chosen. It changes when the cluster is upgraded.
import type { KubernetesApi } from './api.js';
import { pause, retryBackOff } from './backoff.js';

const REFRESH_MS = 10 * 60_000;

export class ClusterVersion {
  private current: string | undefined;

  constructor(private readonly api: KubernetesApi | undefined) {}

  /** Such as `v1.33.2`; undefined while it is not known. */
  get value(): string | undefined {
    return this.current;
  }

  /** Until the signal aborts. Never rejects: an unknown version is a decision of its own. */
  async run(signal: AbortSignal): Promise<void> {
    const backOff = retryBackOff(500, 60_000);
    while (this.api !== undefined && !signal.aborted) {
      try {
        const { gitVersion } = await this.api.call({ method: 'GET', path: '/version' });
        if (typeof gitVersion === 'string') this.current = gitVersion;
        backOff.reset();
        await pause(REFRESH_MS, signal);
      } catch {
        await pause(backOff.next(), signal);
      }
    }
  }
}
