// Every endpoint of the admin listener, in the order of /help.
import { clusters } from './clusters.js';
import { configDump } from './config_dump.js';
import type { AdminHandler } from './handler.js';
import { HTML } from './handler.js';
import { failHealthCheck, passHealthCheck, quit } from './lifecycle.js';
import { drainListeners, listeners } from './listeners.js';
import { logging } from './logging.js';
import { ready } from './ready.js';
import { runtime, runtimeModify } from './runtime.js';
import { certs, memory, serverInfo } from './server_info.js';
import { resetCounters, stats, statsPrometheus } from './stats.js';

const index: AdminHandler = {
  path: '/',
  help: 'Admin home page',
  handle: () => ({ body: indexPage(), type: HTML }),
};

const help: AdminHandler = {
  path: '/help',
  help: 'print out list of admin commands',
  handle: () => ({ body: helpText() }),
};

export const HANDLERS: readonly AdminHandler[] = [
  index,
  certs,
  clusters,
  configDump,
  drainListeners,
  failHealthCheck,
  passHealthCheck,
  help,
  listeners,
  logging,
  memory,
  quit,
  ready,
  resetCounters,
  runtime,
  runtimeModify,
  serverInfo,
  stats,
  statsPrometheus,
];

export function helpText(): string {
  const lines = HANDLERS.flatMap(({ path, mutates, help: text, parameters = [] }) => [
    `  ${path}${mutates ? ' (POST)' : ''}: ${text}`,
    ...parameters.map(([name, explanation]) => `      ${name}: ${explanation}`),
  ]);
  return `admin commands are:\n${lines.join('\n')}\n`;
}

/** Links to what can be looked at, buttons for what has an effect. */
function indexPage(): string {
  const rows = HANDLERS.filter(({ path }) => path !== '/').map(({ path, mutates, help: text }) => {
    const action = mutates
      ? `<form method="post" action="${path}"><button>${path}</button></form>`
      : `<a href="${path}">${path}</a>`;
    return `<tr><td>${action}</td><td>${escapeHtml(text)}</td></tr>`;
  });
  return `<!DOCTYPE html>\n<html lang="en">\n<head><title>weft admin</title></head>\n<body><table>\n${rows.join('\n')}\n</table></body>\n</html>\n`;
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
