// `--network-namespace`: this process enters it, and with it every program that it starts and every socket that it opens.
import { closeSync, constants, openSync } from 'node:fs';
import { CLONE_NEWNET } from '../io/constants.js';
import { InterceptionError } from './failure.js';

export async function enterNamespace(path: string): Promise<void> {
  const { errorText, setns } = await import('../io/syscalls.js');
  const fd = open(path);
  try {
    const r = setns(fd, CLONE_NEWNET);
    if (r < 0) throw failure(path, errorText(r));
  } finally {
    closeSync(fd);
  }
}

function open(path: string): number {
  try {
    // A FIFO of that name must not hold the command up.
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw failure(path, (error as NodeJS.ErrnoException).code ?? 'unknown error');
  }
}

function failure(path: string, reason: string): InterceptionError {
  return new InterceptionError(
    'WEFT1906',
    `the network namespace ${path} cannot be entered (${reason}); nothing was changed`,
  );
}
