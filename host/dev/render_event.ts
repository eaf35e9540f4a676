// What happens, as lines for a person.
import type { Paint } from '../cli/color.js';
import type { Descriptors } from '../config/descriptors.js';
import { anyJson } from '../config/message_json.js';
import { typeUrlOf } from '../xds/kinds.js';
import type { DevEvent } from './event.js';
import { jsonDiff } from './json_diff.js';
import { WILDCARD } from './server_state.js';
import type { ResourceChange, ServedResource } from './snapshot.js';

const MAX_NAMES = 6;
const MAX_LINES = 20;
const INDENT = '         ';

/** Undefined for what only `--verbose` tells. */
export function renderEvent(event: DevEvent, paint: Paint, isVerbose: boolean): string | undefined {
  switch (event.event) {
    case 'connected': {
      const what = event.kind === 'ADS' ? 'the aggregated stream' : `a stream of ${event.kind}`;
      const who = [event.agent, event.cluster && `cluster ${event.cluster}`].filter(Boolean).join(', ');
      const variant = event.is_delta ? 'incremental' : 'state of the world';
      return `${paint('strong', event.node)}${who && ` (${who})`} opens ${what}, ${variant}`;
    }
    case 'closed':
      return `${paint('strong', event.node || 'a client')} closes ${event.kind}: ${event.reason}`;
    case 'ack':
      return `${paint('good', '✓ ACK ')} ${event.kind} ${event.version}  ${held(event)}  ${paint('faint', event.node)}`;
    case 'nack':
      return [
        `${paint('error', '✗ NACK')} ${event.kind} ${event.version}  ${held(event)}  ${paint('faint', event.node)}`,
        ...printable(event.error ?? '')
          .split('\n')
          .map((line) => `${INDENT}  ${line}`),
      ].join('\n');
    case 'unknown_type':
      return `${paint('warning', event.node)} asks for ${JSON.stringify(event.type_url)}, which is not served`;
    case 'subscribed':
      return isVerbose ? paint('faint', subscription(event)) : undefined;
    case 'sent':
    case 'heartbeat':
      return isVerbose
        ? paint('faint', `${event.event} ${event.kind} ${event.version}  ${held(event)}  ${event.node}`)
        : undefined;
    case 'stale':
      return isVerbose
        ? paint('faint', `a request of ${event.kind} with an old nonce is ignored  ${event.node}`)
        : undefined;
  }
}

function held({ names, removed }: { names: readonly string[]; removed: readonly string[] }): string {
  const parts = [names.length > 0 ? listed(names) : '', removed.length > 0 ? `without ${listed(removed)}` : ''];
  return parts.filter(Boolean).join(', ') || 'nothing';
}

type Subscribed = Extract<DevEvent, { event: 'subscribed' }>;

function subscription({ kind, node, subscribed, unsubscribed }: Subscribed): string {
  const parts = [
    subscribed.length > 0 ? `asks for ${named(subscribed)}` : '',
    unsubscribed.length > 0 ? `no longer for ${named(unsubscribed)}` : '',
  ];
  return `${kind}: ${node} ${parts.filter(Boolean).join(', ')}`;
}

function named(names: readonly string[]): string {
  return names.includes(WILDCARD) ? 'everything' : listed(names);
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, MAX_NAMES).map(printable).join(', ');
  return names.length > MAX_NAMES ? `${shown} and ${names.length - MAX_NAMES} more` : shown;
}

// What a client says must leave the terminal alone.
function printable(text: string): string {
  return text.replace(/(?!\n)\p{Cc}/gu, '\ufffd');
}

/** What an edit comes to: each resource, and in what it differs. */
export function renderChanges(changes: readonly ResourceChange[], descriptors: Descriptors, paint: Paint): string {
  return changes.map((change) => changeLines(change, descriptors, paint).join('\n')).join('\n');
}

function changeLines({ kind, name, before, after }: ResourceChange, descriptors: Descriptors, paint: Paint): string[] {
  const title = `${kind.service} ${printable(name)}`;
  if (!before) return [`${INDENT}${paint('good', `+ ${title}`)}  ${after!.version}`];
  if (!after) return [`${INDENT}${paint('error', `- ${title}`)}`];
  const lines = jsonDiff(jsonOf(before, descriptors), jsonOf(after, descriptors));
  const styles = { '+': 'good', '-': 'error', '~': 'warning' } as const;
  const shown = lines
    .slice(0, MAX_LINES)
    .map(({ sign, path, text }) => `${INDENT}    ${paint(styles[sign], sign)} ${path}: ${printable(text)}`);
  const more = lines.length > MAX_LINES ? [`${INDENT}    and ${lines.length - MAX_LINES} more`] : [];
  return [`${INDENT}${paint('warning', `~ ${title}`)}  ${before.version} → ${after.version}`, ...shown, ...more];
}

function jsonOf({ kind, bytes }: ServedResource, descriptors: Descriptors): unknown {
  return anyJson({ type_url: typeUrlOf(kind), value: bytes }, descriptors);
}

/** "2 listeners, 1 route configuration": what there is of each kind. */
export function countsText(counts: readonly (readonly [service: string, count: number])[]): string {
  const parts = counts
    .filter(([, count]) => count > 0)
    .map(([service, count]) => {
      const [one, many] = NOUNS[service] ?? [service, service];
      return `${count} ${count === 1 ? one : many}`;
    });
  return parts.join(', ') || 'nothing';
}

const NOUNS: Readonly<Record<string, readonly [one: string, many: string]>> = {
  LDS: ['listener', 'listeners'],
  CDS: ['cluster', 'clusters'],
  RDS: ['route configuration', 'route configurations'],
  SRDS: ['scoped route configuration', 'scoped route configurations'],
  VHDS: ['virtual host', 'virtual hosts'],
  EDS: ['load assignment', 'load assignments'],
  SDS: ['secret', 'secrets'],
  RTDS: ['runtime layer', 'runtime layers'],
  ECDS: ['extension configuration', 'extension configurations'],
};
