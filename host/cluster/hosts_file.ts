// /etc/hosts, which `dns.Resolver` does not read (hosts(5)).
import { readFileSync, statSync } from 'node:fs';
import { isIPv4, isIPv6 } from 'node:net';

export interface HostAddresses {
  readonly v4: readonly string[];
  readonly v6: readonly string[];
}

/** Lower-case name -> its addresses, in the order of the file. */
export function parseHosts(text: string): Map<string, HostAddresses> {
  const hosts = new Map<string, { v4: string[]; v6: string[] }>();
  for (const line of text.split('\n')) {
    const [address, ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    const family = isIPv4(address) ? 'v4' : isIPv6(address) ? 'v6' : undefined;
    if (family === undefined) continue;
    for (const name of names) {
      const key = name.toLowerCase();
      const entry = hosts.get(key) ?? { v4: [], v6: [] };
      hosts.set(key, entry);
      if (!entry[family].includes(address)) entry[family].push(address);
    }
  }
  return hosts;
}

// RFC 6761, 6.3: names of the local host never go to a DNS server.
const LOOPBACK: HostAddresses = { v4: ['127.0.0.1'], v6: ['::1'] };

/** The file, read again when it has changed. */
export class HostsFile {
  private hosts = new Map<string, HostAddresses>();
  private version = '';

  constructor(private readonly path = '/etc/hosts') {}

  lookup(name: string): HostAddresses | undefined {
    this.refresh();
    const key = name.toLowerCase().replace(/\.$/, '');
    const listed = this.hosts.get(key);
    if (key !== 'localhost' && !key.endsWith('.localhost')) return listed;
    // As c-ares, and so Envoy: a family that the file leaves out is there all the same.
    return {
      v4: listed?.v4.length ? listed.v4 : LOOPBACK.v4,
      v6: listed?.v6.length ? listed.v6 : LOOPBACK.v6,
    };
  }

  private refresh(): void {
    try {
      const { mtimeMs, size, ino } = statSync(this.path);
      const version = `${mtimeMs} ${size} ${ino}`;
      if (version === this.version) return;
      this.hosts = parseHosts(readFileSync(this.path, 'utf8'));
      this.version = version;
    } catch {
      this.hosts = new Map();
      this.version = '';
    }
  }
}
