// What was decided for one Pod, in the one form that the answer, the metrics, the log and the Event are made of.
import type { JsonObject } from './json.js';

export type PodDecision =
  | {
      readonly kind: 'injected';
      readonly pod: JsonObject;
      readonly sentence: string;
      readonly warnings: readonly string[];
    }
  | {
      readonly kind: 'skipped';
      /** One of a short list of words: a label of a metric. */
      readonly reason: string;
      readonly sentence: string;
      readonly warnings: readonly string[];
    }
  | { readonly kind: 'refused'; readonly sentence: string };

/** What a Pod is asked about with. */
export interface PodQuestion {
  /** With metadata.namespace, without managedFields. Not to be changed. */
  readonly pod: JsonObject;
  readonly namespace: string;
  /** From the path of the request. */
  readonly environment: ReadonlyMap<string, string>;
}

/** Refusals are values; what it throws is a fault of weft. */
export type DecidePod = (question: PodQuestion) => PodDecision;
