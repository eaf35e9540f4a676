// The shape of an endpoint of the admin listener: one entry of the table in handlers.ts.
import type { AdminContext } from './context.js';

export interface AdminAnswer {
  readonly status?: number; // 200
  readonly body: string;
  readonly type?: string; // text
  /** Done once the answer has gone out. */
  readonly after?: () => void;
}

export interface AdminHandler {
  /** "/stats"; exact. */
  readonly path: string;
  readonly help: string;
  /** Query parameters and what they do, for /help. */
  readonly parameters?: readonly (readonly [name: string, help: string])[];
  /** Has an effect: POST only. */
  readonly mutates?: boolean;
  /** The parameters may come as a form in the body of the request. */
  readonly takesForm?: boolean;
  handle(context: AdminContext, query: URLSearchParams): AdminAnswer;
}

export const TEXT = 'text/plain; charset=UTF-8';
export const HTML = 'text/html; charset=UTF-8';
export const JSON_TYPE = 'application/json';

/** JSON as protobuf prints it for Envoy: one space deep. */
export function jsonAnswer(value: unknown): AdminAnswer {
  return { body: `${JSON.stringify(value, null, 1)}\n`, type: JSON_TYPE };
}

export function badRequest(body: string): AdminAnswer {
  return { status: 400, body };
}

export const OK: AdminAnswer = { body: 'OK\n' };
