// One review: the request of the API server and the decision for its Pod become the answer.
import { randomUUID } from 'node:crypto';
import type { AdmissionRequest, AdmissionResponse } from './admission_review.js';
import type { DecidePod, PodDecision } from './decision.js';
import { type JsonObject, isObject } from './json.js';
import { jsonPatch } from './json_patch.js';

export interface Reviewed {
  readonly response: AdmissionResponse;
  readonly decision: PodDecision;
  /** The Pod as it came, for whom it concerns; undefined where it was none. */
  readonly pod: JsonObject | undefined;
}

// What Kubernetes cuts off by itself, without saying where: a header holds the warnings.
const MAX_WARNING = 240;
const MAX_WARNINGS = 8;

/** Never throws: a fault of the decision refuses the Pod, and the failure is told by a number that the log has, too. */
export function review(
  request: AdmissionRequest,
  environment: ReadonlyMap<string, string>,
  decide: DecidePod,
  onFault: (error: unknown, id: string) => void,
): Reviewed {
  const skip = notAPodCreation(request);
  if (skip !== undefined) return answered(request.uid, skip, undefined);
  const pod = podOf(request);
  if (pod === undefined) return answered(request.uid, refused('request.object is not a Pod'), undefined);
  try {
    const decision = decide({ pod, namespace: request.namespace, environment });
    return answered(request.uid, decision, pod);
  } catch (error) {
    const id = randomUUID();
    onFault(error, id);
    return answered(request.uid, refused(`internal error of the injector; its log says more under ${id}`), pod);
  }
}

function refused(sentence: string): PodDecision {
  return { kind: 'refused', sentence };
}

function skipped(reason: string, sentence: string): PodDecision {
  return { kind: 'skipped', reason, sentence, warnings: [] };
}

/** A webhook configuration that sends too much must not stop Deployments or logins into containers. */
function notAPodCreation({ kind, group, subResource, operation }: AdmissionRequest): PodDecision | undefined {
  if (kind !== 'Pod' || group !== '')
    return skipped('not_a_pod', `not injected: only Pods are, and this is ${JSON.stringify(kind.slice(0, 63))}`);
  if (subResource !== '')
    return skipped('subresource', `not injected: the request is for pods/${subResource.slice(0, 63)}`);
  if (operation !== 'CREATE')
    return skipped('not_create', `not injected: Pods are when they are created, and this is ${operation.slice(0, 16)}`);
  return undefined;
}

/**
 * managedFields is half of a Pod's text and nothing of it is for us. The namespace may still be missing from the Pod,
 * because its creator left that to the API server.
 */
function podOf({ object, namespace }: AdmissionRequest): JsonObject | undefined {
  if (!isObject(object) || !isObject(object.spec) || !isObject(object.metadata)) return undefined;
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata: namespace === '' ? metadata : { ...metadata, namespace } };
}

function answered(uid: string, decision: PodDecision, pod: JsonObject | undefined): Reviewed {
  return { response: responseOf(uid, decision, pod), decision, pod };
}

function responseOf(uid: string, decision: PodDecision, pod: JsonObject | undefined): AdmissionResponse {
  const auditAnnotations = auditOf(decision);
  if (decision.kind === 'refused') {
    const status = { code: 422, reason: 'Invalid', message: decision.sentence };
    return { uid, allowed: false, status, auditAnnotations };
  }
  const warnings = warningsOf(decision);
  const allowed = { uid, allowed: true, auditAnnotations, ...(warnings.length > 0 && { warnings }) };
  if (decision.kind === 'skipped') return allowed;
  const operations = jsonPatch(pod, decision.pod);
  if (operations.length === 0) return allowed;
  const patch = Buffer.from(JSON.stringify(operations)).toString('base64');
  return { ...allowed, patchType: 'JSONPatch', patch };
}

/** The API server puts the name of the webhook before each key. */
function auditOf(decision: PodDecision): Record<string, string> {
  const told = { decision: decision.kind, message: decision.sentence };
  return decision.kind === 'skipped' ? { ...told, reason: decision.reason } : told;
}

/** Being injected is what was asked for: it is no warning. Not being injected may surprise. */
function warningsOf(decision: Exclude<PodDecision, { kind: 'refused' }>): string[] {
  const all = decision.kind === 'skipped' ? [decision.sentence, ...decision.warnings] : decision.warnings;
  const short = all.map((each) => (each.length > MAX_WARNING ? `${each.slice(0, MAX_WARNING)}…` : each));
  if (short.length <= MAX_WARNINGS) return short;
  return [...short.slice(0, MAX_WARNINGS - 1), `and ${short.length - MAX_WARNINGS + 1} more warnings`];
}
