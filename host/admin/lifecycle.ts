import { OK, type AdminHandler } from './handler.js';

export const quit: AdminHandler = {
  path: '/quitquitquit',
  help: 'exit the server',
  mutates: true,
  handle: (context) => ({ ...OK, after: () => context.quit() }),
};

export const failHealthCheck: AdminHandler = {
  path: '/healthcheck/fail',
  help: 'cause the server to fail health checks',
  mutates: true,
  handle(context) {
    context.failHealthCheck(true);
    return OK;
  },
};

export const passHealthCheck: AdminHandler = {
  path: '/healthcheck/ok',
  help: 'cause the server to pass health checks',
  mutates: true,
  handle(context) {
    context.failHealthCheck(false);
    return OK;
  },
};
