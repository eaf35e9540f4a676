import { addressJson } from './clusters.js';
import { jsonAnswer, OK, type AdminHandler } from './handler.js';

export const listeners: AdminHandler = {
  path: '/listeners',
  help: 'print listener info',
  parameters: [['format', 'Format to use; One of (text, json)']],
  handle(context, query) {
    const all = [...context.listeners()];
    if (query.get('format') !== 'json') {
      return { body: all.map(({ name, address }) => `${name}::${address}\n`).join('') };
    }
    return jsonAnswer({
      listener_statuses: all.map(({ name, address }) => ({ name, local_address: addressJson(address) })),
    });
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
