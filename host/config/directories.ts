// Directories: whether there is one, and what is moved into it.
import { statSync, watch } from 'node:fs';

export function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

const SETTLE_MS = 5; // a rename may be told as several events

export interface RenameWatch {
  /** Something has been moved into, or out of, one of the directories; called once for all that happens together. */
  readonly renamed: () => void;
  /** Only this name counts, if there is one. */
  readonly file?: string | undefined;
  /** A directory is not watched, or is watched no more: `text` says which and why. */
  readonly problem: (directory: string, text: string) => void;
}

/** Watches for renames, by which files are replaced (a mounted Secret of Kubernetes: of a link in its directory). Never throws. */
export function watchRenames(
  directories: Iterable<string>,
  { renamed, file, problem }: RenameWatch,
): { close(): void } {
  let timer: NodeJS.Timeout | undefined;
  const later = (event: string, name: string | null): void => {
    if (event !== 'rename' || (file !== undefined && name !== null && name !== file)) return;
    clearTimeout(timer);
    timer = setTimeout(renamed, SETTLE_MS).unref();
  };
  const watchers = [...directories].flatMap((directory) => {
    try {
      const watcher = watch(directory, { persistent: false }, later);
      return [watcher.on('error', (error) => problem(directory, `is watched no more: ${error.message}`))];
    } catch (error) {
      problem(directory, `cannot be watched: ${(error as Error).message}`);
      return [];
    }
  });
  return {
    close() {
      for (const watcher of watchers) watcher.close();
      clearTimeout(timer);
    },
  };
}
