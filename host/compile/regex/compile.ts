import type { RouteBuilder } from '../route/builder.js';

export function compileRegex(b: RouteBuilder, pattern: string, path: string): number | undefined {
  return b.report('WEFT1301', path, 'regular expressions are not supported yet', { value: pattern });
}

export function regexPrefix(_pattern: string): string {
  return '';
}
