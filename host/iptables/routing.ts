// What TPROXY and IPv6 need beside rules: packets with the mark are delivered locally, and `::6` is an address of `lo`.
import { networkInterfaces } from 'node:os';
import { EADDRNOTAVAIL, EAFNOSUPPORT, EEXIST, ENOENT, EOPNOTSUPP, ESRCH } from '../io/constants.js';
import { InterceptionError, NET_ADMIN_HINT } from './failure.js';
import { FAMILIES } from './rule.js';
import type { MarkRoute, RuleSet } from './rule.js';

const IPV6_SOURCE = '::6';

const ALREADY = [-EEXIST];
/** What the kernel says of something that is not there; a kernel without a family has nothing of it. */
const ABSENT = [-ENOENT, -ESRCH, -EADDRNOTAVAIL, -EAFNOSUPPORT, -EOPNOTSUPP];

/** Whether something changed. */
function changed(r: number, expected: readonly number[], what: string): boolean {
  if (r === 0) return true;
  if (expected.includes(r)) return false;
  if (r === -1) throw new InterceptionError('WEFT1901', `${what} may not be changed: ${NET_ADMIN_HINT}`);
  throw new InterceptionError('WEFT1904', `${what} cannot be changed: errno ${-r}`);
}

/** Makes what is missing; whether anything was. A second run finds it there. */
export async function ensureRouting({ routes, hasIpv6Source }: RuleSet): Promise<boolean> {
  if (routes.length === 0 && !hasIpv6Source) return false;
  const netlink = await import('../io/netlink.js');
  // Some kernels take the same rule twice, others say EEXIST.
  const isThere = ({ family, mark, table }: MarkRoute): boolean =>
    netlink.listMarkRules(family).some((rule) => rule.mark === mark && rule.table === table);
  const results = routes.flatMap((route) => [
    !isThere(route) && changed(netlink.addMarkRule(route), ALREADY, `the ${route.family} rule for mark ${route.mark}`),
    changed(netlink.addLocalRoute(route.family, route.table), ALREADY, `${route.family} route table ${route.table}`),
  ]);
  if (hasIpv6Source) results.push(changed(netlink.addLoopbackAddress(IPV6_SOURCE), ALREADY, `${IPV6_SOURCE} on lo`));
  return results.includes(true);
}

/** Removes rules for these marks with their local routes, and `::6` unless it is kept; whether anything was there. */
export async function removeRouting(marks: readonly number[], keepsIpv6Source: boolean): Promise<boolean> {
  const hasSource = (networkInterfaces().lo ?? []).some(({ address }) => address === IPV6_SOURCE);
  const removesSource = hasSource && !keepsIpv6Source;
  if (marks.length === 0 && !removesSource) return false;
  const netlink = await import('../io/netlink.js');
  const rules = marks.length === 0 ? [] : FAMILIES.flatMap((family) => netlink.listMarkRules(family));
  const results = rules
    .filter(({ mark }) => marks.includes(mark))
    .map((rule) => {
      changed(netlink.deleteLocalRoute(rule.family, rule.table), ABSENT, `${rule.family} route table ${rule.table}`);
      return changed(netlink.deleteMarkRule(rule), ABSENT, `the ${rule.family} rule for mark ${rule.mark}`);
    });
  if (removesSource) results.push(changed(netlink.deleteLoopbackAddress(IPV6_SOURCE), ABSENT, `${IPV6_SOURCE} on lo`));
  return results.includes(true);
}
