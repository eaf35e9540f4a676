// Where a command writes to, so that tests can read it.
import { painter, wantsColor } from './color.js';
import type { ColorMode, Paint } from './color.js';

export interface Terminal {
  readonly stdout: { write(text: string): unknown; readonly isTTY?: boolean };
  readonly stderr: { write(text: string): unknown; readonly isTTY?: boolean };
  readonly env: NodeJS.ProcessEnv;
}

export function paintFor(terminal: Terminal, stream: 'stdout' | 'stderr', mode: ColorMode): Paint {
  return painter(wantsColor(mode, terminal.env, terminal[stream].isTTY === true));
}
