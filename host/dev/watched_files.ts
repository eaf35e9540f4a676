// Files that editors and tools change while they are watched: written in place, or another moved into their place; whole directories,
// too, where members come and go. What changes is looked at once it has been quiet, and only its text decides.
import { readdirSync, realpathSync, watch, type FSWatcher } from 'node:fs';
import { dirname, join } from 'node:path';
import { isDirectory } from '../config/directories.js';
import { readText } from '../config/source.js';
import type { FileText } from './dev_configuration.js';

/** An editor empties a file before it writes it, or takes it away before another is there. */
const QUIET_MS = 40;
/** Where the system has no more watches to give. */
const POLL_MS = 500;

const CONFIGURATION = /^(?!\.).*\.(?:ya?ml|json)$/i;

export class WatchedFiles {
  private watchers: FSWatcher[] = [];
  private watched = '';
  private timer: NodeJS.Timeout | undefined;
  private poll: NodeJS.Timeout | undefined;
  private last = '';
  private seen = '';

  /** @param paths files, and directories of which every .yaml, .yml and .json counts */
  constructor(
    private readonly paths: readonly string[],
    private readonly changed: (files: readonly FileText[]) => void,
  ) {}

  /** What is there now. */
  read(): FileText[] {
    const files = this.files().map((name): FileText => ({ name, text: readText(name) }));
    this.last = JSON.stringify(files);
    return files;
  }

  start(): void {
    this.watch();
    this.later();
  }

  close(): void {
    for (const watcher of this.watchers) watcher.close();
    clearTimeout(this.timer);
    clearInterval(this.poll);
  }

  private files(): string[] {
    return this.paths.flatMap((path) => {
      if (!isDirectory(path)) return [path];
      const names = readdirSync(path).filter((name) => CONFIGURATION.test(name));
      return names.toSorted().map((name) => join(path, name));
    });
  }

  // The directory, because a file that is replaced is another file; of a link also that of what it leads to.
  private directories(): ReadonlySet<string> {
    const all = [...this.paths, ...this.files()].flatMap((path) => [path, real(path)]);
    return new Set(all.map((path) => (isDirectory(path) ? path : dirname(path))));
  }

  private watch(): void {
    const directories = [...this.directories()];
    const key = directories.join('\n');
    if (key === this.watched) return;
    this.watched = key;
    for (const watcher of this.watchers) watcher.close();
    this.watchers = directories.flatMap((directory) => {
      try {
        const watcher = watch(directory, () => this.later());
        watcher.on('error', () => this.pollInstead());
        return [watcher];
      } catch {
        this.pollInstead();
        return [];
      }
    });
  }

  private pollInstead(): void {
    this.poll ??= setInterval(() => this.look(), POLL_MS);
  }

  private later(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.look(), QUIET_MS);
  }

  // What two looks find the same is no longer being written.
  private look(): void {
    this.watch();
    const before = this.last;
    const files = this.read();
    const now = this.last;
    this.last = before;
    if (now === before) return;
    if (now !== this.seen) {
      this.seen = now;
      this.later();
      return;
    }
    this.last = now;
    this.changed(files);
  }
}

function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
