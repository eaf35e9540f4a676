// The addresses of listeners as sets: which two listeners share, which an update brings and takes.
import type { ListenerAddress, ListenerModel } from '../compile/listener.js';
import { formatAddress, type SocketAddress } from '../io/address.js';

export function textOf({ address }: Pick<ListenerAddress, 'address'>): string {
  return formatAddress(address);
}

function isAnyPort(address: SocketAddress): boolean {
  return address.family !== 'unix' && address.port === 0;
}

/** What a listener is to be bound to. */
export function boundAddresses(model: ListenerModel | undefined): readonly ListenerAddress[] {
  return model?.bindToPort ? model.addresses : [];
}

/**
 * What no other listener may have. As in Envoy also of those that are not bound to a port: which of two would a connection be handed
 * over to? Where the kernel chooses the port there is no choice to be made.
 */
export function ownAddresses({ bindToPort, addresses }: ListenerModel): string[] {
  return addresses.filter(({ address }) => !bindToPort || !isAnyPort(address)).map(textOf);
}

/** An address that both have. */
export function sharedAddress(a: ListenerModel, b: ListenerModel): string | undefined {
  const others = new Set(ownAddresses(b));
  return ownAddresses(a).find((text) => others.has(text));
}

/** Those of `all` that are not among `these`; an address may stand twice in both. */
export function missingFrom(these: readonly ListenerAddress[], all: readonly ListenerAddress[]): ListenerAddress[] {
  const texts = these.map(textOf);
  return all.filter((each) => !takeOne(texts, textOf(each)));
}

/** Takes one `text` out of the list; false: there is none. */
export function takeOne(texts: string[], text: string): boolean {
  const at = texts.indexOf(text);
  if (at >= 0) texts.splice(at, 1);
  return at >= 0;
}
