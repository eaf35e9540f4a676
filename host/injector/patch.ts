// An injection as a JSON Patch (RFC 6902), for the answer to an AdmissionReview. The same Pods give the same patch.
import { createPatch } from 'rfc6902';
import type { Operation } from 'rfc6902';
import type { Pod } from './pod.js';

export function patchOf(original: Pod, injected: Pod): Operation[] {
  return createPatch(original, injected);
}
