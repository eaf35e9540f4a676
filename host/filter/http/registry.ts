// The HTTP filters in TypeScript, by the full name of their configuration message. One line makes a filter known.
import type { HttpFilterFactory } from './filter.js';

export type HttpFilterRegistry = ReadonlyMap<string, HttpFilterFactory>;

export const HTTP_FILTERS: HttpFilterRegistry = new Map<string, HttpFilterFactory>([]);
