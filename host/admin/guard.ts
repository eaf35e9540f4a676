// Who may use the admin listener from a browser: nobody but its own pages. A page of another site could otherwise send requests here, or read the
// answers after it has had its own name resolved to 127.0.0.1 (DNS rebinding). Programs, which send no Origin, are not affected.
import { isIP } from 'node:net';
import { hostname } from 'node:os';

export interface GuardedHeaders {
  readonly host?: string;
  readonly origin?: string;
  readonly 'sec-fetch-site'?: string | string[];
}

/** Why a request is refused, or undefined. `names`: host names that are this machine's besides its own and localhost. */
export function refusal(headers: GuardedHeaders, names: readonly string[] = []): string | undefined {
  if (headers.host !== undefined && !isOwnName(hostOf(headers.host), names)) {
    return 'the Host header names another machine: use an IP address or localhost';
  }
  const site = headers['sec-fetch-site'];
  if (site === 'cross-site' || site === 'same-site') return 'requests from pages of other sites are refused';
  if (headers.origin !== undefined && originHost(headers.origin) !== headers.host?.toLowerCase()) {
    return 'the Origin header names another site';
  }
  return undefined;
}

function hostOf(host: string): string {
  return host.replace(/:\d*$/, '').toLowerCase();
}

// An address cannot be rebound: only names can.
function isOwnName(host: string, names: readonly string[]): boolean {
  if (host === '' || host === 'localhost' || host.endsWith('.localhost')) return true;
  if (isIP(host) !== 0 || isIP(host.replace(/^\[|\]$/g, '')) !== 0) return true;
  return host === hostname().toLowerCase() || names.includes(host);
}

function originHost(origin: string): string | undefined {
  return /^https?:\/\/([^/]+)$/.exec(origin.toLowerCase())?.[1];
}
