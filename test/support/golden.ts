// Golden cases as Markdown: a `## heading` is the claim, then code blocks, each with a kind. Text between them is for people.
//
// In a block every line stands for itself and CRLF; `\r`, `\n`, `\t`, `\\` and `\xHH` are bytes, and a line that ends in a lone
// backslash has no line end of its own.
import { readdirSync, readFileSync } from 'node:fs';

export interface GoldenCase {
  file: string;
  line: number;
  claim: string;
  blocks: Map<string, string>;
}

export function goldenBytes(block: string): Buffer {
  const lines = block
    .split('\n')
    .map((line) => (/(^|[^\\])(\\\\)*\\$/.test(line) ? line.slice(0, -1) : `${line}\\r\\n`));
  const escaped = lines.join('');
  return Buffer.from(
    escaped.replace(/\\(x[0-9a-fA-F]{2}|.)/g, (all, e: string) => {
      if (e[0] === 'x') return String.fromCharCode(parseInt(e.slice(1), 16));
      const byte = { r: '\r', n: '\n', t: '\t', '\\': '\\' }[e];
      if (byte === undefined) throw new Error(`unknown escape ${all}`);
      return byte;
    }),
    'latin1',
  );
}

export function goldenCases(folder: URL): GoldenCase[] {
  const cases: GoldenCase[] = [];
  for (const file of readdirSync(folder).sort()) {
    if (!file.endsWith('.md')) continue;
    let current: GoldenCase | undefined;
    let block: { kind: string; lines: string[] } | undefined;
    readFileSync(new URL(file, folder), 'utf8')
      .split('\n')
      .forEach((text, i) => {
        if (block) {
          if (text === '```') {
            if (!current) throw new Error(`${file}:${i + 1}: a block before the first heading`);
            current.blocks.set(block.kind, block.lines.join('\n'));
            block = undefined;
          } else block.lines.push(text);
        } else if (text.startsWith('```')) block = { kind: text.slice(3), lines: [] };
        else if (text.startsWith('## ')) {
          current = { file, line: i + 1, claim: text.slice(3), blocks: new Map() };
          cases.push(current);
        }
      });
  }
  return cases;
}
