// The annotation that carries the way back, written last by an injection and read first by the next one: injecting an injected
// Pod is injecting what it was before. So it changes nothing, and new values take the place of old ones.
import { annotationRefused } from './annotations.js';
import type { Problem } from './decision.js';
import { isTooDeep, own, put } from './pod.js';
import type { Pod, StringMap } from './pod.js';
import { applyUndo, isUndo, undoOf } from './undo.js';
import type { Undo } from './undo.js';

export const RESTORE = 'sidecar-injector.example.com/restore';
const ALLOWED = 'what the injector wrote there; delete it together with the sidecar';
const MAX_DEPTH = 100;

export function withRestore(original: Pod, injected: Pod): Pod {
  const undo = undoOf(original, injected) ?? {};
  const annotations: StringMap = { ...injected.metadata?.annotations };
  put(annotations, RESTORE, JSON.stringify(undo));
  return { ...injected, metadata: { ...injected.metadata, annotations } };
}

export interface Restored {
  readonly pod: Pod;
  readonly wasInjected: boolean;
  readonly problems: readonly Problem[];
}

/** The Pod before this injector changed it; the Pod itself if it did not. */
export function restore(pod: Pod): Restored {
  const text = own(pod.metadata?.annotations, RESTORE);
  if (text === undefined) return { pod, wasInjected: false, problems: [] };
  const undo = parsed(text);
  if (undo === undefined) return { pod, wasInjected: true, problems: [annotationRefused(RESTORE, text, ALLOWED)] };
  const annotations: StringMap = {};
  for (const [name, value] of Object.entries(pod.metadata?.annotations ?? {})) {
    if (name !== RESTORE) put(annotations, name, value);
  }
  const before = applyUndo(undo, { ...pod, metadata: { ...pod.metadata, annotations } });
  return { pod: before as Pod, wasInjected: true, problems: [] };
}

function parsed(text: string): Undo | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return !isTooDeep(value, MAX_DEPTH) && isUndo(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
