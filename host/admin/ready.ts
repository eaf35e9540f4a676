import type { AdminHandler } from './handler.js';

export const ready: AdminHandler = {
  path: '/ready',
  help: 'print server state, return 200 if LIVE, otherwise return 503',
  handle(context) {
    const state = context.state();
    return { status: state === 'LIVE' ? 200 : 503, body: `${state}\n` };
  },
};
