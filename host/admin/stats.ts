import type { StatsRegistry } from '../stats/registry.js';
import type { Stat } from '../stats/stat.js';
import { renderJson, renderPrometheus, renderText } from '../stats/render.js';
import { badRequest, JSON_TYPE, type AdminAnswer, type AdminHandler } from './handler.js';
import { nameFilter } from './name_filter.js';

/** `?type=`: which kinds of statistics. */
const TYPES: ReadonlyMap<string, readonly Stat['kind'][]> = new Map([
  ['All', ['counter', 'gauge', 'histogram']],
  ['Counters', ['counter']],
  ['Gauges', ['gauge']],
  ['Histograms', ['histogram']],
  ['TextReadouts', []],
]);
const FORMATS = ['text', 'json', 'prometheus'];

const PARAMETERS = [
  ['usedonly', 'Only include stats that are not zero'],
  ['filter', 'Regular expression for filtering stats by name'],
] as const;

function answer(registry: StatsRegistry, query: URLSearchParams, format: string): AdminAnswer {
  if (!FORMATS.includes(format)) return badRequest('usage: /stats?format=(json|prometheus|text)\n\n');
  const kinds = TYPES.get(query.get('type') ?? 'All');
  if (kinds === undefined) return badRequest('invalid &type= param');
  const matches = nameFilter(query.get('filter'));
  if (typeof matches === 'string') return badRequest(`Invalid re2 regex: ${matches}\n`);
  const usedOnly = query.has('usedonly');
  const stats = [...registry.stats()].filter(
    (stat) => kinds.includes(stat.kind) && (!usedOnly || isUsed(stat)) && matches(stat.name),
  );
  const intervalOf = (name: string) => registry.interval(name);
  if (format === 'prometheus') return { body: renderPrometheus(stats) };
  if (format === 'json') return { body: renderJson(stats, intervalOf), type: JSON_TYPE };
  return { body: renderText(stats, intervalOf) };
}

/** Every statistic in Prometheus' form, for those ports that show nothing else. */
export function prometheusPage(registry: StatsRegistry, query: URLSearchParams): AdminAnswer {
  return answer(registry, query, 'prometheus');
}

function isUsed(stat: Stat): boolean {
  return stat.kind === 'histogram' ? stat.bins.length > 0 : stat.value !== 0;
}

export const stats: AdminHandler = {
  path: '/stats',
  help: 'print server stats',
  parameters: [
    ...PARAMETERS,
    ['format', 'Format to use; One of (text, json, prometheus)'],
    ['type', 'Stat types to include; One of (All, Counters, Histograms, Gauges, TextReadouts)'],
  ],
  handle: ({ stats: registry }, query) => answer(registry, query, query.get('format') ?? 'text'),
};

export const statsPrometheus: AdminHandler = {
  path: '/stats/prometheus',
  help: 'print server stats in prometheus format',
  parameters: PARAMETERS,
  handle: ({ stats: registry }, query) => prometheusPage(registry, query),
};

export const resetCounters: AdminHandler = {
  path: '/reset_counters',
  help: 'reset all counters to zero',
  mutates: true,
  handle(context) {
    context.stats.resetCounters();
    return { body: 'OK\n' };
  },
};
