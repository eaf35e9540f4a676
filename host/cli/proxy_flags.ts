// Envoy's command line, flag by flag. `effect: false` is accepted and said once in the log to have none.
import { COLOR_MODES } from './color.js';

export interface Flag {
  /** As commander writes it: `-c, --config-path <file>`. */
  readonly flags: string;
  readonly help: string;
  readonly kind: 'text' | 'count' | 'choice' | 'switch';
  readonly choices?: readonly string[];
  readonly repeatable?: boolean;
  readonly effect?: false;
}

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warning', 'warn', 'error', 'critical', 'off'] as const;
const MODES = ['serve', 'validate', 'init_only'];

export const COLOR_FLAG: Flag = {
  flags: '--color <when>',
  help: 'auto (default), always or never',
  kind: 'choice',
  choices: COLOR_MODES,
};

export const LOG_FORMAT_FLAG: Flag = {
  flags: '--log-format <format>',
  help: "the log's format, as Envoy's; json for JSON lines",
  kind: 'text',
};

/** Those that `validate` has too. */
export const CONFIG_FLAGS: readonly Flag[] = [
  { flags: '-c, --config-path <file>', help: 'the bootstrap, YAML or JSON; - is standard input', kind: 'text' },
  { flags: '--config-yaml <yaml>', help: 'merged over the file', kind: 'text' },
  {
    flags: '--unsupported-fields <mode>',
    help: 'refuse (default) or warn: what weft does not act on yet',
    kind: 'choice',
    choices: ['refuse', 'warn'],
  },
  { flags: '--allow-unknown-static-fields', help: 'an unknown field is a warning', kind: 'switch' },
  COLOR_FLAG,
];

export const PROXY_FLAGS: readonly Flag[] = [
  ...CONFIG_FLAGS,
  { flags: '--mode <mode>', help: 'serve (default), validate or init_only', kind: 'choice', choices: MODES },
  { flags: '--concurrency <n>', help: 'worker threads (default: the cores)', kind: 'count' },
  {
    flags: '-l, --log-level <level>',
    help: 'trace, debug, info (default), warning, error, off',
    kind: 'choice',
    choices: LOG_LEVELS,
  },
  { flags: '--component-log-level <list>', help: 'upstream:debug,config:trace', kind: 'text' },
  { flags: '--log-path <file>', help: 'the log (default: standard error)', kind: 'text' },
  LOG_FORMAT_FLAG,
  { flags: '--service-node <id>', help: 'node.id', kind: 'text' },
  { flags: '--service-cluster <name>', help: 'node.cluster', kind: 'text' },
  { flags: '--service-zone <zone>', help: 'node.locality.zone', kind: 'text' },
  { flags: '--drain-time-s <n>', help: 'a drain ends at the latest then (default: 30)', kind: 'count' },
  { flags: '--admin-address-path <file>', help: 'the admin address is written there', kind: 'text' },
  {
    flags: '--file-flush-interval-msec <n>',
    help: 'access logs are written at least that often',
    kind: 'count',
  },
  { flags: '--drain-strategy <strategy>', help: '', kind: 'choice', choices: ['gradual', 'immediate'], effect: false },
  { flags: '--parent-shutdown-time-s <n>', help: '', kind: 'count', effect: false },
  { flags: '--base-id <n>', help: '', kind: 'count', effect: false },
  { flags: '--base-id-path <file>', help: '', kind: 'text', effect: false },
  { flags: '--use-dynamic-base-id', help: '', kind: 'switch', effect: false },
  { flags: '--restart-epoch <n>', help: '', kind: 'count', effect: false },
  { flags: '--disable-hot-restart', help: '', kind: 'switch', effect: false },
  { flags: '--skip-hot-restart-on-no-parent', help: '', kind: 'switch', effect: false },
  { flags: '--skip-hot-restart-parent-stats', help: '', kind: 'switch', effect: false },
  { flags: '--socket-path <path>', help: '', kind: 'text', effect: false },
  { flags: '--socket-mode <mode>', help: '', kind: 'text', effect: false },
  { flags: '--local-address-ip-version <version>', help: '', kind: 'choice', choices: ['v4', 'v6'], effect: false },
  { flags: '--reject-unknown-dynamic-fields', help: '', kind: 'switch', effect: false },
  { flags: '--ignore-unknown-dynamic-fields', help: '', kind: 'switch', effect: false },
  { flags: '--skip-deprecated-logs', help: '', kind: 'switch', effect: false },
  { flags: '--log-format-escaped', help: '', kind: 'switch', effect: false },
  { flags: '--log-stacktrace-single-entry', help: '', kind: 'switch', effect: false },
  { flags: '--enable-fine-grain-logging', help: '', kind: 'switch', effect: false },
  { flags: '--enable-mutex-tracing', help: '', kind: 'switch', effect: false },
  { flags: '--enable-core-dump', help: '', kind: 'switch', effect: false },
  { flags: '--cpuset-threads', help: '', kind: 'switch', effect: false },
  { flags: '--file-flush-min-size-kb <n>', help: '', kind: 'count', effect: false },
];

export const VALIDATE_FLAGS: readonly Flag[] = [
  { ...CONFIG_FLAGS[0], repeatable: true },
  ...CONFIG_FLAGS.slice(1),
  { flags: '-o, --output <format>', help: 'text (default) or json', kind: 'choice', choices: ['text', 'json'] },
  { flags: '--max-findings <n>', help: 'show at most n findings of a file (default: 50)', kind: 'count' },
];

/** `--config-path` of `-c, --config-path <file>`. */
export function longName(flag: Flag): string {
  return /--[\w-]+/.exec(flag.flags)?.[0] ?? flag.flags;
}
