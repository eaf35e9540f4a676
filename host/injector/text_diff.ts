// A unified diff of two texts (Myers, "An O(ND) Difference Algorithm", 1986), lines as units.

interface Edit {
  readonly kind: ' ' | '-' | '+';
  readonly line: string;
}

const CONTEXT = 3;

/** Nothing when the texts are equal. */
export function unifiedDiff(before: string, after: string, name: string): string {
  if (before === after) return '';
  const edits = editScript(linesOf(before), linesOf(after));
  const hunks = hunksOf(edits).map((hunk) => hunkText(edits, hunk));
  return `--- ${name}\n+++ ${name} (injected)\n${hunks.join('')}`;
}

function linesOf(text: string): string[] {
  const lines = text.split('\n');
  if (lines[lines.length - 1] === '') lines.pop();
  return lines;
}

/** The shortest script of edits. */
export function editScript(before: readonly string[], after: readonly string[]): Edit[] {
  const trace = walk(before, after);
  const edits: Edit[] = [];
  let [x, y] = [before.length, after.length];
  for (let d = trace.length - 1; d > 0; d--) {
    const reach = trace[d - 1];
    const k = x - y;
    const isDown = k === -d || (k !== d && (reach.get(k - 1) ?? -1) < (reach.get(k + 1) ?? -1));
    const startK = isDown ? k + 1 : k - 1;
    const startX = reach.get(startK) ?? 0;
    const startY = startX - startK;
    while (x > startX && y > startY) edits.push({ kind: ' ', line: before[(y--, --x)] });
    if (isDown) edits.push({ kind: '+', line: after[--y] });
    else edits.push({ kind: '-', line: before[--x] });
  }
  while (x > 0) edits.push({ kind: ' ', line: before[--x] });
  return edits.toReversed();
}

/** For each number of edits, how far each diagonal was reached. */
function walk(before: readonly string[], after: readonly string[]): Map<number, number>[] {
  const trace: Map<number, number>[] = [];
  let reach = new Map([[1, 0]]);
  for (let d = 0; ; d++) {
    const next = new Map<number, number>();
    for (let k = -d; k <= d; k += 2) {
      const isDown = k === -d || (k !== d && (reach.get(k - 1) ?? -1) < (reach.get(k + 1) ?? -1));
      let x = isDown ? (reach.get(k + 1) ?? 0) : (reach.get(k - 1) ?? 0) + 1;
      while (x < before.length && x - k < after.length && before[x] === after[x - k]) x += 1;
      next.set(k, x);
      if (x >= before.length && x - k >= after.length) return [...trace, next];
    }
    trace.push(next);
    reach = next;
  }
}

/** Ranges of edits with their context; ranges that touch are one. */
function hunksOf(edits: readonly Edit[]): [number, number][] {
  const hunks: [number, number][] = [];
  for (const [i, { kind }] of edits.entries()) {
    if (kind === ' ') continue;
    const last = hunks[hunks.length - 1];
    const [start, end] = [Math.max(0, i - CONTEXT), Math.min(edits.length, i + CONTEXT + 1)];
    if (last !== undefined && start <= last[1]) last[1] = end;
    else hunks.push([start, end]);
  }
  return hunks;
}

function hunkText(edits: readonly Edit[], [start, end]: [number, number]): string {
  const count = (range: readonly Edit[], side: '-' | '+'): number =>
    range.filter(({ kind }) => kind === ' ' || kind === side).length;
  const [head, body] = [edits.slice(0, start), edits.slice(start, end)];
  const place = (side: '-' | '+'): string => {
    const length = count(body, side);
    return `${side}${count(head, side) + (length > 0 ? 1 : 0)},${length}`;
  };
  return `@@ ${place('-')} ${place('+')} @@\n${body.map(({ kind, line }) => `${kind}${line}\n`).join('')}`;
}
