import { addressJson } from './clusters.js';
import type { ListenerView } from './context.js';
import { jsonAnswer, OK, type AdminHandler } from './handler.js';

export const listeners: AdminHandler = {
  path: '/listeners',
  help: 'print listener info',
  parameters: [['format', 'Format to use; One of (text, json)']],
  handle(context, query) {
    const all = [...context.listeners()];
    if (query.get('format') !== 'json') {
      return { body: all.flatMap(({ name, addresses }) => addresses.map((each) => `${name}::${each}\n`)).join('') };
    }
    return jsonAnswer({ listener_statuses: all.map(listenerJson) });
  },
};

export const drainListeners: AdminHandler = {
  path: '/drain_listeners',
  help: 'drain listeners',
  mutates: true,
  handle(context) {
    context.drainListeners();
    return OK;
  },
};

function listenerJson({ name, addresses: [first, ...others] }: ListenerView): object {
  return {
    name,
    local_address: addressJson(first),
    ...(others.length > 0 ? { additional_local_addresses: others.map(addressJson) } : {}),
  };
}
