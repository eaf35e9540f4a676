// An injection as a JSON Patch (RFC 6902), for the answer to an AdmissionReview. The same Pods give the same patch.
import type { Pod } from './pod.js';
import { jsonPatch, type PatchOperation } from './webhook/json_patch.js';

export function patchOf(original: Pod, injected: Pod): PatchOperation[] {
  return jsonPatch(original, injected);
}
