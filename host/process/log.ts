// The application log, in Envoy's form: a pattern of spdlog's flags, levels by component, a file or standard error.
import { closeSync, openSync, writeSync } from 'node:fs';
import { threadId } from 'node:worker_threads';
import { LOG_COMPONENTS, LOG_INFO, LOG_LEVEL_NAMES, LOG_OFF, LOG_WARNING } from './log_level.js';

/** Envoy's default without the source location, which means nothing here. */
export const DEFAULT_LOG_FORMAT = '[%Y-%m-%d %T.%e][%t][%l][%n] %v';

export interface LogOptions {
  /** LOG_* */
  level?: number;
  componentLevels?: ReadonlyMap<string, number>;
  /** A pattern as of `--log-format`, or `json` for one JSON object a line. */
  format?: string;
  /** A file to append to; standard error without it. */
  path?: string;
}

interface Entry {
  time: Date;
  thread: number;
  level: number;
  component: string;
  text: string;
}

type Render = (entry: Entry) => string;

const pad = (value: number, width = 2): string => String(value).padStart(width, '0');

// https://github.com/gabime/spdlog/wiki/3.-Custom-formatting, as far as Envoy's users have it in their manifests.
const FLAGS: Record<string, Render> = {
  v: (e) => e.text,
  _: (e) => e.text.replaceAll('\n', '\\n'), // Envoy's own flag
  j: (e) => JSON.stringify(e.text).slice(1, -1), // Envoy's own flag
  l: (e) => LOG_LEVEL_NAMES[e.level],
  L: (e) => LOG_LEVEL_NAMES[e.level][0].toUpperCase(),
  n: (e) => e.component,
  t: (e) => String(e.thread),
  P: () => String(process.pid),
  Y: (e) => String(e.time.getFullYear()),
  m: (e) => pad(e.time.getMonth() + 1),
  d: (e) => pad(e.time.getDate()),
  H: (e) => pad(e.time.getHours()),
  M: (e) => pad(e.time.getMinutes()),
  S: (e) => pad(e.time.getSeconds()),
  T: (e) => `${pad(e.time.getHours())}:${pad(e.time.getMinutes())}:${pad(e.time.getSeconds())}`,
  e: (e) => pad(e.time.getMilliseconds(), 3),
  f: (e) => `${pad(e.time.getMilliseconds(), 3)}000`,
  F: (e) => `${pad(e.time.getMilliseconds(), 3)}000000`,
  E: (e) => String(Math.floor(e.time.getTime() / 1000)),
  g: () => '',
  '#': () => '',
  s: () => '',
  '!': () => '',
  '%': () => '%',
};

const renderJson: Render = ({ time, thread, level, component, text }) =>
  JSON.stringify({ time: time.toISOString(), level: LOG_LEVEL_NAMES[level], component, thread, message: text });

function compileFormat(format: string): Render {
  if (format === 'json') return renderJson;
  const parts = format.split(/(%.)/su).map((part) => (FLAGS[part[1]] && part[0] === '%' ? FLAGS[part[1]] : part));
  return (entry) => parts.map((part) => (typeof part === 'string' ? part : part(entry))).join('');
}

export class Logger {
  private fd: number;
  /** Lines that could not be written. */
  lost = 0;
  private dropped = 0;
  private readonly render: Render;
  private level: number;
  private readonly levels: Map<string, number>;

  /** Throws where the file cannot be opened. */
  constructor(private readonly options: LogOptions = {}) {
    this.fd = options.path ? openSync(options.path, 'a') : 2;
    this.render = compileFormat(options.format ?? DEFAULT_LOG_FORMAT);
    this.level = options.level ?? LOG_INFO;
    this.levels = new Map(LOG_COMPONENTS.map((name) => [name, this.level]));
    for (const [name, level] of options.componentLevels ?? []) this.levels.set(name, level);
  }

  /** Components and the names of their levels. */
  *list(): Iterable<readonly [component: string, level: string]> {
    for (const [name, level] of this.levels) yield [name, LOG_LEVEL_NAMES[level]];
  }

  setAll(level: number): void {
    this.level = level;
    for (const name of this.levels.keys()) this.levels.set(name, level);
  }

  /** False where there is no such component. */
  set(component: string, level: number): boolean {
    if (!this.levels.has(component)) return false;
    this.levels.set(component, level);
    return true;
  }

  /** Below this level no component logs anything. */
  get lowestLevel(): number {
    return Math.min(this.level, ...this.levels.values());
  }

  enabled(level: number, component: string): boolean {
    return level < LOG_OFF && level >= (this.levels.get(component) ?? this.level);
  }

  /** One line. `thread`: 0 is control, n is worker n - 1. */
  log(level: number, component: string, text: string, thread = threadId): void {
    if (!this.enabled(level, component)) return;
    if (this.dropped > 0) {
      const lost = this.dropped;
      this.dropped = 0;
      this.write({
        time: new Date(),
        thread,
        level: LOG_WARNING,
        component: 'main',
        text: `${lost} log lines dropped`,
      });
    }
    this.write({ time: new Date(), thread, level, component, text });
  }

  // A log that nobody reads (a full pipe) or a full disk must not stop the proxy: the line is lost and counted.
  private write(entry: Entry): void {
    try {
      writeSync(this.fd, `${this.render(entry)}\n`);
    } catch {
      this.dropped++;
      this.lost++;
    }
  }

  /** After the file was renamed (log rotation): what comes next goes to a new one. */
  reopen(): void {
    if (!this.options.path) return;
    const fd = openSync(this.options.path, 'a');
    closeSync(this.fd);
    this.fd = fd;
  }
}
