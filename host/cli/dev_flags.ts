// The command line of `weft dev`.
import { CONFIG_FLAGS, COLOR_FLAG, LOG_LEVELS, longName, type Flag } from './proxy_flags.js';

export const DEV_FLAGS: readonly Flag[] = [
  { flags: '--listen <address>', help: 'HOST:PORT of gRPC and REST (default: 127.0.0.1:18000)', kind: 'text' },
  { flags: '--proxy', help: 'run a weft proxy on it, too', kind: 'switch' },
  { flags: '--admin <address>', help: "HOST:PORT of the proxy's admin (default: the file's, or :9901)", kind: 'text' },
  { flags: '--delta', help: 'the proxy takes the incremental variant', kind: 'switch' },
  { flags: '--concurrency <n>', help: "the proxy's worker threads (default: the cores)", kind: 'count' },
  {
    flags: '-l, --log-level <level>',
    help: "the proxy's: trace, debug, info, warning (default), error, off",
    kind: 'choice',
    choices: LOG_LEVELS,
  },
  { flags: '--check', help: 'say what would be served, and end', kind: 'switch' },
  { flags: '--print-bootstrap', help: 'print what a proxy or Envoy needs to be served, and end', kind: 'switch' },
  { flags: '--unchecked', help: 'serve whatever can be decoded: the clients are to judge', kind: 'switch' },
  ...CONFIG_FLAGS.filter((flag) => longName(flag) === '--unsupported-fields'),
  {
    flags: '-o, --output <format>',
    help: 'text (default) or json, a line for each event',
    kind: 'choice',
    choices: ['text', 'json'],
  },
  { flags: '-v, --verbose', help: 'tell of subscriptions and responses, too', kind: 'switch' },
  COLOR_FLAG,
];
