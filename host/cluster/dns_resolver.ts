// Names to addresses: literals, /etc/hosts, then DNS with the search domains of resolv.conf. Runs on the control thread; c-ares
// does its input and output without blocking it.
import { Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { LookupFamily } from '../compile/cluster_discovery.js';
import { HostsFile } from './hosts_file.js';
import { readResolvConf, searchNames, type SearchRules } from './resolv_conf.js';

/** An answer: the addresses (none when the name exists no more) and the least TTL in seconds; or why there is none. */
export type Resolution =
  { readonly addresses: readonly string[]; readonly ttl: number | undefined } | { readonly error: string };

export interface NameResolver {
  resolve(name: string, family: LookupFamily): Promise<Resolution>;
  /** Ends what is being asked. */
  cancel(): void;
}

export interface DnsResolverOptions {
  /** "10.0.0.1:53"; empty = those of resolv.conf. */
  readonly servers?: readonly string[];
  readonly useSearchDomains?: boolean;
  readonly hosts?: HostsFile;
  readonly search?: SearchRules;
  /** ms per try, and tries. */
  readonly timeout?: number | undefined;
  readonly tries?: number | undefined;
}

type Family = 4 | 6;
// Which families are asked for, in order; the second one only when the first has no address, except for `all`.
const ORDER: Readonly<Record<LookupFamily, readonly Family[]>> = {
  auto: [6, 4],
  v4_only: [4],
  v6_only: [6],
  v4_preferred: [4, 6],
  all: [6, 4],
};

// The server says that there is nothing, which is an answer and not a failure.
const NOTHING = new Set(['ENOTFOUND', 'ENODATA']);
const NO_ADDRESSES: Resolution = { addresses: [], ttl: undefined };

export class DnsResolver implements NameResolver {
  private readonly resolver: Resolver;
  private readonly hosts: HostsFile;
  private readonly search: SearchRules;

  constructor(options: DnsResolverOptions = {}) {
    this.resolver = new Resolver({ timeout: options.timeout ?? 5000, tries: options.tries ?? 4 });
    if (options.servers?.length) this.resolver.setServers(options.servers);
    this.hosts = options.hosts ?? new HostsFile();
    const search = options.search ?? readResolvConf();
    this.search = options.useSearchDomains === false ? { domains: [], ndots: search.ndots } : search;
  }

  async resolve(name: string, family: LookupFamily): Promise<Resolution> {
    if (isIP(name)) return { addresses: [name], ttl: undefined };
    const answers: Resolution[] = [];
    for (const asked of ORDER[family]) {
      const answer = await this.resolveFamily(name, asked);
      answers.push(answer);
      if (family !== 'all' && 'addresses' in answer && answer.addresses.length > 0) return answer;
    }
    return merge(answers);
  }

  cancel(): void {
    this.resolver.cancel();
  }

  private async resolveFamily(name: string, family: Family): Promise<Resolution> {
    const known = this.hosts.lookup(name)?.[family === 4 ? 'v4' : 'v6'] ?? [];
    if (known.length > 0) return { addresses: known, ttl: undefined };
    let failure: Resolution | undefined;
    for (const candidate of searchNames(name, this.search)) {
      const answer = await this.ask(candidate, family);
      if ('addresses' in answer && answer.addresses.length > 0) return answer;
      if ('error' in answer) failure = answer;
    }
    return failure ?? NO_ADDRESSES;
  }

  private async ask(name: string, family: Family): Promise<Resolution> {
    try {
      const records =
        family === 4
          ? await this.resolver.resolve4(name, { ttl: true })
          : await this.resolver.resolve6(name, { ttl: true });
      return { addresses: records.map((r) => r.address), ttl: Math.min(...records.map((r) => r.ttl)) };
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? String(error);
      return NOTHING.has(code) ? NO_ADDRESSES : { error: code };
    }
  }
}

// Addresses of one family outweigh a failure of the other; without any address a failure is one.
function merge(answers: readonly Resolution[]): Resolution {
  const good = answers.flatMap((answer) => ('addresses' in answer ? [answer] : []));
  const addresses = good.flatMap((answer) => answer.addresses);
  const ttls = good.flatMap((answer) => (answer.ttl === undefined ? [] : [answer.ttl]));
  if (addresses.length === 0) return answers.find((answer) => 'error' in answer) ?? NO_ADDRESSES;
  return { addresses, ttl: ttls.length === 0 ? undefined : Math.min(...ttls) };
}
