// /etc/resolv.conf, as far as `dns.Resolver` leaves it to us: search domains and ndots (resolv.conf(5)).
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

export interface SearchRules {
  readonly domains: readonly string[];
  readonly ndots: number;
}

const MAX_DOMAINS = 6;
const MAX_NDOTS = 15;

function readNdots(options: readonly string[]): number | undefined {
  const option = options.findLast((o) => /^ndots:\d+$/.test(o));
  return option === undefined ? undefined : Math.min(Number(option.slice('ndots:'.length)), MAX_NDOTS);
}

/** The last `search` or `domain` line counts; without one, the domain that follows the first dot of the host's own name. */
export function parseResolvConf(text: string, ownName: string): SearchRules {
  const dot = ownName.indexOf('.');
  let domains = dot < 0 ? [] : [ownName.slice(dot + 1)];
  let ndots = 1;
  for (const line of text.split('\n')) {
    const [keyword, ...values] = line
      .replace(/[#;].*/, '')
      .trim()
      .split(/\s+/);
    if (keyword === 'search') domains = values;
    else if (keyword === 'domain') domains = values.slice(0, 1);
    else if (keyword === 'options') ndots = readNdots(values) ?? ndots;
  }
  return {
    domains: domains
      .map((d) => d.replace(/^\.+|\.+$/g, ''))
      .filter(Boolean)
      .slice(0, MAX_DOMAINS),
    ndots,
  };
}

export function readResolvConf(path = '/etc/resolv.conf'): SearchRules {
  try {
    return parseResolvConf(readFileSync(path, 'utf8'), hostname());
  } catch {
    return { domains: [], ndots: 1 };
  }
}

/** The names to ask for, in order. A trailing dot marks a name as complete. */
export function searchNames(name: string, rules: SearchRules): string[] {
  if (name.endsWith('.')) return [name.slice(0, -1)];
  const searched = rules.domains.map((domain) => `${name}.${domain}`);
  const dots = name.split('.').length - 1;
  return dots >= rules.ndots ? [name, ...searched] : [...searched, name];
}
