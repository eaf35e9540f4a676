// `weft iptables trace HOST:PORT`: through the rules that the options ask for, or with --live through those in place.
import { lookup } from 'node:dns/promises';
import { isIPv4 } from 'node:net';
import { ruleKey } from '../iptables/compare.js';
import { detectPlace } from '../iptables/detect.js';
import type { RunOptions } from '../iptables/options.js';
import type { Family, Rule, RuleSet } from '../iptables/rule.js';
import type { Connection } from '../iptables/simulate.js';
import { groupResolver, podAddresses } from '../iptables/surroundings.js';
import { parseTarget, traceText } from '../iptables/trace.js';
import type { TraceTarget } from '../iptables/trace.js';
import type { IptablesArguments } from './iptables_arguments.js';
import { badValue } from './usage_error.js';

export async function traceConnection(args: IptablesArguments, wanted: RuleSet, run: RunOptions): Promise<string> {
  const target = await findTarget(args.trace!);
  const family: Family = isIPv4(target.address) ? 'ipv4' : 'ipv6';
  const rules = args.isLive ? rulesInPlace(family, wanted, run) : wanted.rules[family];
  return traceText(rules, connection(args, target));
}

const NAME = /^([A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,252})):(\d{1,5})$/;

/** An address, or what a name stands for here. */
async function findTarget(text: string): Promise<TraceTarget> {
  const [, name, port] = NAME.exec(text) ?? [];
  const target = parseTarget(text) ?? (name === undefined ? undefined : await lookUp(name, Number(port)));
  if (target !== undefined) return target;
  const allowed = 'HOST:PORT, as 10.0.0.7:8080, [fd00::7]:8080 or reviews:9080, of a host that is found';
  throw badValue('trace', text, allowed, 'iptables');
}

async function lookUp(name: string, port: number): Promise<TraceTarget | undefined> {
  try {
    const { address } = await lookup(name);
    return port >= 1 && port <= 65_535 ? { address, port } : undefined;
  } catch {
    return undefined;
  }
}

function connection({ as, isInbound }: IptablesArguments, { address, port }: TraceTarget): Connection {
  const [, uid, gid] = /^(\d{1,10})(?::(\d{1,10}))?$/.exec(as) ?? [];
  if (uid === undefined) throw badValue('--as', as, 'UID or UID:GID', 'iptables');
  const isOwn = podAddresses().includes(address) || address === '::1' || address.startsWith('127.');
  return {
    direction: isInbound ? 'inbound' : 'outbound',
    protocol: 'tcp',
    source: '',
    destination: address,
    port,
    interface: isOwn && !isInbound ? 'lo' : 'eth0',
    uid,
    gid: gid ?? uid,
  };
}

/** Reasons are those of the wanted rules that say the same. */
function rulesInPlace(family: Family, wanted: RuleSet, run: RunOptions): Rule[] {
  const { engine } = detectPlace(run, groupResolver());
  const reasons = new Map(wanted.rules[family].map((rule) => [`${rule.chain} ${ruleKey(rule)}`, rule.reason]));
  return engine
    .rulesInPlace(family)
    .map((rule) => ({ ...rule, reason: reasons.get(`${rule.chain} ${ruleKey(rule)}`) ?? rule.reason }));
}
