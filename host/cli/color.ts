// Colour only where a terminal wants it.
import { styleText } from 'node:util';

export type ColorMode = 'auto' | 'always' | 'never';
export const COLOR_MODES: readonly ColorMode[] = ['auto', 'always', 'never'];

/** What `--color` says among the values of a command line, which has checked it. */
export function colorOf(values: Readonly<Record<string, unknown>>): ColorMode {
  return (values.color as ColorMode | undefined) ?? 'auto';
}

export type Style = 'error' | 'warning' | 'faint' | 'strong' | 'good';
export type Paint = (style: Style, text: string) => string;

const FORMATS = { error: 'red', warning: 'yellow', faint: 'gray', strong: 'bold', good: 'green' } as const;

/** `--color` first, then NO_COLOR (https://no-color.org), FORCE_COLOR, TERM=dumb, and whether it is a terminal at all. */
export function wantsColor(mode: ColorMode, env: NodeJS.ProcessEnv, isTerminal: boolean): boolean {
  if (mode !== 'auto') return mode === 'always';
  if ((env.NO_COLOR ?? '') !== '') return false;
  if ((env.FORCE_COLOR ?? '') !== '') return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false';
  return isTerminal && env.TERM !== 'dumb';
}

export function painter(isColored: boolean): Paint {
  if (!isColored) return (_style, text) => text;
  return (style, text) => styleText(FORMATS[style], text, { validateStream: false });
}
