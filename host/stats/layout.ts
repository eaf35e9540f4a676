// Where the members of a block are: names.ts with indices.
import {
  CODE_TABLE_SIZE,
  HISTOGRAM_HIGH,
  HISTOGRAM_LOW,
  HISTOGRAM_MIDDLE,
  HISTOGRAM_SIZE,
  STAT_CLASSES,
} from '../../assembly/abi.js';
import {
  CLUSTER_MEMBERS,
  HTTP_INSPECTOR_MEMBERS,
  HTTP_MEMBERS,
  LISTENER_MEMBERS,
  PROXY_PROTOCOL_MEMBERS,
  SERVER_MEMBERS,
  TCP_MEMBERS,
  TLS_INSPECTOR_MEMBERS,
  type Kind,
  type Member,
} from './names.js';

export interface PlacedMember {
  readonly name: string;
  readonly kind: Kind;
  readonly index: number;
}

export interface Layout {
  readonly members: readonly PlacedMember[];
  /** Words of the block. */
  readonly size: number;
  /** Members whose words lead to tables (a by-class member: its classes). */
  readonly tables: readonly { word: number; size: number }[];
  at(name: string): number;
}

const WORDS: Readonly<Record<Kind, number>> = {
  counter: 1,
  gauge: 1,
  by_class: STAT_CLASSES,
  histogram: HISTOGRAM_SIZE,
};
const HISTOGRAM_TABLES = [HISTOGRAM_LOW, HISTOGRAM_MIDDLE, HISTOGRAM_HIGH];

/** `codes`: by-class members count single codes in tables. */
function layout(members: readonly Member[], codes: boolean): Layout {
  const placed: PlacedMember[] = [];
  const tables: { word: number; size: number }[] = [];
  let size = 0;
  for (const [name, kind] of members) {
    placed.push({ name, kind, index: size });
    if (kind === 'histogram') HISTOGRAM_TABLES.forEach((n, i) => tables.push({ word: size + i, size: n }));
    if (kind === 'by_class' && codes) {
      for (let c = 1; c < STAT_CLASSES; c++) tables.push({ word: size + c, size: CODE_TABLE_SIZE });
    }
    size += WORDS[kind];
  }
  const at = new Map(placed.map(({ name, index }) => [name, index]));
  return { members: placed, size, tables, at: (name) => at.get(name) as number };
}

export const LISTENER_LAYOUT = layout(LISTENER_MEMBERS, false);
export const HTTP_LAYOUT = layout(HTTP_MEMBERS, false);
export const CLUSTER_LAYOUT = layout(CLUSTER_MEMBERS, true);
export const TCP_LAYOUT = layout(TCP_MEMBERS, false);
export const TLS_INSPECTOR_LAYOUT = layout(TLS_INSPECTOR_MEMBERS, false);
export const HTTP_INSPECTOR_LAYOUT = layout(HTTP_INSPECTOR_MEMBERS, false);
export const PROXY_PROTOCOL_LAYOUT = layout(PROXY_PROTOCOL_MEMBERS, false);
export const SERVER_LAYOUT = layout(SERVER_MEMBERS, false);
