// The HTTP filters in TypeScript, by the full name of their configuration message. One line makes a filter known.
import type { HttpFilterFactory } from './filter.js';

export type HttpFilterRegistry = ReadonlyMap<string, HttpFilterFactory>;

export const HTTP_FILTERS: HttpFilterRegistry = new Map<string, HttpFilterFactory>([]);

/** The filter to which a message of this type is what a route says. */
export function factoryPerRoute(registry: HttpFilterRegistry, typeName: string): HttpFilterFactory | undefined {
  for (const factory of registry.values()) if (factory.perRoute?.typeName === typeName) return factory;
  return undefined;
}
