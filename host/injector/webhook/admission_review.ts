// The messages of admission.k8s.io/v1: what the API server sends, checked before it is believed, and what it gets back.
import { type JsonObject, isObject } from './json.js';

export interface AdmissionRequest {
  readonly uid: string;
  readonly kind: string;
  /** Empty for the core group. */
  readonly group: string;
  readonly subResource: string;
  readonly namespace: string;
  /** Empty while the API server has yet to make one of `generateName`. */
  readonly name: string;
  readonly operation: string;
  readonly dryRun: boolean;
  readonly object: unknown;
}

/** The part of a metav1.Status that the API server hands on to who asked. */
export interface Status {
  readonly code: number;
  readonly reason: string;
  readonly message: string;
}

export interface AdmissionResponse {
  readonly uid: string;
  readonly allowed: boolean;
  readonly status?: Status;
  readonly patchType?: 'JSONPatch';
  /** Base64. */
  readonly patch?: string;
  readonly warnings?: readonly string[];
  readonly auditAnnotations?: Readonly<Record<string, string>>;
}

export const ADMISSION_API_VERSION = 'admission.k8s.io/v1';

/** A body that is no review at all: no answer in the form of a review is possible, for there is no uid to answer to. */
export class NotAReview extends Error {}

// A uid is a UUID today; the field is free text, and it is echoed.
const MAX_UID = 256;

/** Throws NotAReview. Fields that this webhook does not read are not looked at. */
export function parseReview(body: string): AdmissionRequest {
  const review = parseJson(body);
  if (!isObject(review)) throw new NotAReview('the body is not a JSON object');
  if (review.kind !== 'AdmissionReview') throw new NotAReview(`kind is ${shown(review.kind)}, not "AdmissionReview"`);
  if (review.apiVersion !== ADMISSION_API_VERSION)
    throw new NotAReview(`apiVersion is ${shown(review.apiVersion)}, not "${ADMISSION_API_VERSION}"`);
  if (!isObject(review.request)) throw new NotAReview('request is missing');
  return readRequest(review.request);
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    throw new NotAReview(`the body is not JSON: ${(error as Error).message.slice(0, 200)}`);
  }
}

function readRequest(request: JsonObject): AdmissionRequest {
  const { uid } = request;
  if (typeof uid !== 'string' || uid === '' || uid.length > MAX_UID)
    throw new NotAReview(`request.uid is ${shown(uid)}, not a text of 1 to ${MAX_UID} characters`);
  const kind = isObject(request.kind) ? request.kind : {};
  return {
    uid,
    kind: text(kind, 'kind'),
    group: text(kind, 'group'),
    subResource: text(request, 'subResource'),
    namespace: text(request, 'namespace'),
    name: text(request, 'name'),
    operation: text(request, 'operation'),
    dryRun: request.dryRun === true,
    object: request.object,
  };
}

function text(from: JsonObject, key: string): string {
  const value = from[key];
  if (value === undefined || value === null) return '';
  if (typeof value !== 'string') throw new NotAReview(`request: ${key} is ${shown(value)}, not a text`);
  return value;
}

/** Nothing is made text whole: it may be of any size and depth. */
function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (value === undefined) return 'missing';
  return value === null ? 'null' : Array.isArray(value) ? 'a list' : `of type ${typeof value}`;
}

export function reviewOf(response: AdmissionResponse): string {
  return JSON.stringify({ kind: 'AdmissionReview', apiVersion: ADMISSION_API_VERSION, response });
}
