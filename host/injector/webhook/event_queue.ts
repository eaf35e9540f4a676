// Kubernetes Events for decisions: `kubectl describe` shows them where the user looks. They wait in a short queue and are written at a
// bounded rate; no answer ever waits for one.
import type { KubernetesApi } from '../kubernetes/api.js';
import { pause, retryBackOff } from '../kubernetes/backoff.js';
import type { AdmissionRequest } from './admission_review.js';
import type { PodDecision } from './decision.js';
import { type JsonObject, isObject } from './json.js';
import type { InjectorMetrics } from './metrics.js';

interface PendingEvent {
  readonly namespace: string;
  readonly body: JsonObject;
}

const COMPONENT = 'sidecar-injector';
const MAX_QUEUE = 500;
/** A hundred Pods of one Deployment are one event in this time. */
const SAME_MS = 10 * 60_000;
const MAX_REMEMBERED = 5_000;
/** Kubernetes' own limit of a note. */
const MAX_MESSAGE = 1000;
const INTERVAL_MS = 100;

const REASONS = { injected: 'SidecarInjected', skipped: 'SidecarInjectionSkipped', refused: 'SidecarInjectionRefused' };

export class EventQueue {
  private readonly queue: PendingEvent[] = [];
  /** What was said lately, and when. */
  private readonly said = new Map<string, number>();
  private wake: (() => void) | undefined;

  constructor(
    private readonly metrics: InjectorMetrics,
    /** So that names of two replicas differ. */
    private readonly instance: string,
  ) {}

  /** Never blocks and never throws for what is in the request. A dry run leaves no trace. */
  add(request: AdmissionRequest, pod: JsonObject | undefined, decision: PodDecision): void {
    if (request.dryRun || pod === undefined || request.namespace === '') return;
    const subject = subjectOf(request, pod);
    if (subject === undefined) return;
    const now = Date.now();
    const key = JSON.stringify([subject, decision.kind, decision.sentence]);
    if (now - (this.said.get(key) ?? -Infinity) < SAME_MS) return;
    if (this.queue.length >= MAX_QUEUE) return this.metrics.increment('sidecar_injection_events_dropped_total');
    this.remember(key, now);
    this.queue.push({ namespace: request.namespace, body: eventOf(subject, decision, new Date(now), this.instance) });
    this.wake?.();
  }

  /** Writes what is in the queue, until the signal aborts. Never rejects. */
  async run(api: KubernetesApi, signal: AbortSignal): Promise<void> {
    const backOff = retryBackOff(1_000, 60_000);
    while (!signal.aborted) {
      const event = this.queue.shift();
      if (event === undefined) await this.nextEvent(signal);
      else await pause((await this.write(api, event)) ? INTERVAL_MS : backOff.next(), signal);
      if (this.queue.length === 0) backOff.reset();
    }
  }

  private async write(api: KubernetesApi, { namespace, body }: PendingEvent): Promise<boolean> {
    try {
      await api.call({ method: 'POST', path: `/api/v1/namespaces/${encodeURIComponent(namespace)}/events`, body });
      this.metrics.increment('sidecar_injection_events_total');
      return true;
    } catch {
      this.metrics.increment('sidecar_injection_events_dropped_total');
      return false;
    }
  }

  private nextEvent(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.wake = undefined;
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.wake = done;
      signal.addEventListener('abort', done);
    });
  }

  private remember(key: string, now: number): void {
    if (this.said.size >= MAX_REMEMBERED) {
      const [oldest] = this.said.keys();
      this.said.delete(oldest);
    }
    this.said.delete(key); // to the end of the order
    this.said.set(key, now);
  }
}

/**
 * Whom the event is shown at. The Pod has no uid yet and perhaps no name; its controller (a ReplicaSet, a Job) has both, and is where
 * one looks when Pods do not come.
 */
function subjectOf({ namespace, name }: AdmissionRequest, pod: JsonObject): JsonObject | undefined {
  const metadata = isObject(pod.metadata) ? pod.metadata : {};
  const owners = Array.isArray(metadata.ownerReferences) ? (metadata.ownerReferences as unknown[]) : [];
  const owner = owners.find((each) => isObject(each) && each.controller === true);
  if (isObject(owner)) {
    const { apiVersion, kind, name: ownerName, uid } = owner;
    if ([apiVersion, kind, ownerName, uid].every((each) => typeof each === 'string'))
      return { apiVersion, kind, name: ownerName, uid, namespace };
  }
  const podName = name !== '' ? name : metadata.name;
  return typeof podName === 'string' && podName !== ''
    ? { apiVersion: 'v1', kind: 'Pod', name: podName, namespace }
    : undefined;
}

function eventOf(subject: JsonObject, decision: PodDecision, now: Date, instance: string): JsonObject {
  const time = now.toISOString().replace(/\.\d+Z$/, 'Z');
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { generateName: 'sidecar-injector.', namespace: subject.namespace },
    involvedObject: subject,
    type: decision.kind === 'refused' ? 'Warning' : 'Normal',
    reason: REASONS[decision.kind],
    message: decision.sentence.slice(0, MAX_MESSAGE),
    firstTimestamp: time,
    lastTimestamp: time,
    count: 1,
    source: { component: COMPONENT },
    reportingComponent: COMPONENT,
    reportingInstance: instance,
  };
}
