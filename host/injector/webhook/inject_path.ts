// The request path: `/inject`, or `/inject/KEY/VALUE/…`, whose pairs become environment of the proxy. A webhook configuration
// of another cluster says so in its URL: `/inject/cluster/east/net/vpc-1`.

/** Names for the keys that Istio's users know; any other key is its own name, in upper case. */
const KNOWN = new Map([
  ['cluster', 'ISTIO_META_CLUSTER_ID'],
  ['net', 'ISTIO_META_NETWORK'],
]);

const MAX_PATH = 2048;
const MAX_PAIRS = 16;
const KEY = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;
// Printable ASCII without what a template or a shell would read: cluster names, network names, regions.
const VALUE = /^[A-Za-z0-9._:/@-]{1,253}$/;

export type InjectPath =
  | { readonly kind: 'inject'; readonly environment: ReadonlyMap<string, string> }
  /** Another path altogether. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'malformed'; readonly message: string };

export function parseInjectPath(target: string): InjectPath {
  const [path] = target.split('?', 1);
  if (path !== '/inject' && !path.startsWith('/inject/')) return { kind: 'unknown' };
  if (path.length > MAX_PATH) return malformed(`the path is longer than ${MAX_PATH} characters`);
  const words = path.split('/').slice(2);
  if (words.at(-1) === '') words.pop();
  if (words.length % 2 !== 0) return malformed('the path is not /inject/KEY/VALUE/…: a value is missing');
  if (words.length > 2 * MAX_PAIRS) return malformed(`the path has more than ${MAX_PAIRS} pairs`);
  return readPairs(words);
}

function readPairs(words: readonly string[]): InjectPath {
  const environment = new Map<string, string>();
  for (let i = 0; i < words.length; i += 2) {
    const key = decode(words[i]);
    const value = decode(words[i + 1])?.replaceAll('--slash--', '/');
    if (key === undefined || !KEY.test(key)) return malformed(`${JSON.stringify(words[i])} is no name of a variable`);
    if (value === undefined || !VALUE.test(value))
      return malformed(`${JSON.stringify(words[i + 1])} is no value for ${key}: letters, digits and . _ : / @ - are`);
    environment.set(KNOWN.get(key) ?? key.toUpperCase(), value);
  }
  return { kind: 'inject', environment };
}

function decode(word: string): string | undefined {
  try {
    return decodeURIComponent(word);
  } catch {
    return undefined;
  }
}

function malformed(message: string): InjectPath {
  return { kind: 'malformed', message };
}
