// Whether a new version of a listener differs from the one that serves in its filter chains only: then connections of those that stay
// are not touched. As Envoy's ListenerMessageUtil::filterChainOnlyChange, and chains are the same if their messages are.
import type { envoy } from '../../proto/generated/api.js';
import type { Message } from '../config/message.js';
import { digestOf } from '../xds/known_bytes.js';

type Listener = envoy.config.listener.v3.Listener;

export interface ListenerIdentity {
  /** Of all but the chains. */
  readonly rest: string;
  /** In the order of ListenerModel.chains: those with a match, then the default one. */
  readonly chains: readonly string[];
}

export function identityOf(listener: Listener): ListenerIdentity {
  const { filter_chains: written, default_filter_chain: last } = listener;
  const chains = written.map((chain) => digest(chain));
  if (last) chains.push(`default ${digest(last)}`);
  const { $type: type } = listener as unknown as Message;
  const rest = type.create({ ...listener, filter_chains: [], default_filter_chain: null });
  return { rest: digest(rest), chains };
}

/** As in Envoy, a listener without chains of its own to begin with is replaced as a whole. */
export function changesInPlace(before: ListenerIdentity | undefined, after: ListenerIdentity | undefined): boolean {
  if (!before || !after || before.rest !== after.rest) return false;
  return before.chains.some((chain) => !chain.startsWith('default '));
}

function digest(message: object): string {
  const known = message as Message;
  return digestOf(known.$type.encode(known).finish());
}
