// What a route says to the filters of a connection manager: policies, each a JSON text that only the host reads. All that its levels
// (configuration, virtual host, route, weighted cluster) say is laid together when the route is built, so that a stream looks once.
import { GLOBAL_FILTER_IDS, POLICY_AT_ID, POLICY_AT_TEXT, POLICY_FILTER } from '../abi';
import { bytesEqual } from '../memory/bytes';
import { GLOBAL_BASE } from '../memory/map';
import { objectAlloc } from '../memory/object';
import { Route } from './route';

@unmanaged
export class PolicyList {
  count: u32;
  policies: u32; // address of Policy[count]
}

@unmanaged
export class Policy {
  name: u32; // POLICY_FILTER: the filter's name in its chain
  nameLength: u32;
  kind: u8; // POLICY_*
  disabled: u8; // POLICY_FILTER: 1 = the filter does not run for this route
  pad: u16;
  id: u32; // never given again
  text: u32;
  textLength: u32;
}

if (offsetof<Policy>('id') != POLICY_AT_ID) ERROR('abi: POLICY_AT_ID');
if (offsetof<Policy>('text') != POLICY_AT_TEXT) ERROR('abi: POLICY_AT_TEXT');

/** Control only. */
export function filterIdNew(): u32 {
  const id = load<u32>(GLOBAL_BASE + GLOBAL_FILTER_IDS) + 1;
  store<u32>(GLOBAL_BASE + GLOBAL_FILTER_IDS, id);
  return id;
}

/** A PolicyList of `count` policies in any object, 0 when memory is exhausted. */
export function policiesNew(object: usize, count: u32): usize {
  const p = objectAlloc(object, <u32>offsetof<PolicyList>() + count * <u32>offsetof<Policy>());
  if (!p) return 0;
  const list = changetype<PolicyList>(p);
  list.count = count;
  list.policies = <u32>(p + offsetof<PolicyList>());
  return p;
}

/** `name` and `text` are bytes of the same object. */
export function policiesSet(
  list: usize,
  i: u32,
  kind: u32,
  disabled: bool,
  name: u32,
  nameLength: u32,
  text: u32,
  textLength: u32,
): void {
  const l = changetype<PolicyList>(list);
  const policy = changetype<Policy>(<usize>l.policies + <usize>i * offsetof<Policy>());
  policy.kind = <u8>kind;
  policy.disabled = disabled ? 1 : 0;
  policy.name = name;
  policy.nameLength = nameLength;
  policy.id = filterIdNew();
  policy.text = text;
  policy.textLength = textLength;
}

export function routeSetPolicies(route: usize, list: usize): void {
  changetype<Route>(route).policies = <u32>list;
}

/** The Policy of a route (0 = none), or 0. `name` counts for POLICY_FILTER only. */
export function policyFind(route: usize, kind: u32, name: usize, nameLength: u32): usize {
  if (!route || !changetype<Route>(route).policies) return 0;
  const list = changetype<PolicyList>(<usize>changetype<Route>(route).policies);
  for (let i: u32 = 0; i < list.count; i++) {
    const p = <usize>list.policies + <usize>i * offsetof<Policy>();
    const policy = changetype<Policy>(p);
    if (policy.kind != kind) continue;
    if (kind != POLICY_FILTER) return p;
    if (policy.nameLength == nameLength && bytesEqual(policy.name, name, nameLength)) return p;
  }
  return 0;
}
