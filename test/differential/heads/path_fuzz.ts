// Random request targets for every combination of path options that can do something different.
import type { Group } from './group.js';

const PIECES = [
  String.raw`/ / / . . .. .. %2e %2E %2f %2F %5c %5C \ ; ;x ? a b cd % %% %4 41 34 2 5 f %41 %7e %20 %00 %0a %80 %25 ~ - _`,
  '" < > ^ ` { | } * & = + ! $ \' ( ) , : @ [ ] %3b // /../ /./ /..;/ \x80 é',
]
  .join(' ')
  .split(' ');

const OPTIONS = [
  { normalize_path: true },
  { merge_slashes: true },
  { normalize_path: true, merge_slashes: true, path_with_escaped_slashes_action: 'UNESCAPE_AND_FORWARD' },
  { normalize_path: true, path_with_escaped_slashes_action: 'UNESCAPE_AND_REDIRECT' },
];

/** `count` targets, the same for the same seed, in a group for each of the options. */
export function fuzzGroups(seed: number, count: number): Group[] {
  let state = seed >>> 0;
  const next = (n: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
  const piece = () => (next(20) === 0 ? String.fromCharCode(0x21 + next(94)) : PIECES[next(PIECES.length)]);
  const targets = Array.from({ length: count }, () => `/${Array.from({ length: 1 + next(9) }, piece).join('')}`);
  const cases = targets.map((target) => ({
    name: target,
    request: [`GET ${target} HTTP/1.1`, 'host: a.example'],
    response: ['HTTP/1.1 200 OK', 'content-length: 0'],
  }));
  return OPTIONS.map((hcm) => ({ hcm, router: {}, route: {}, peer: '127.0.0.1', cases }));
}
