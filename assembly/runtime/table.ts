// RuntimeTable: what the runtime layers say of the keys that the configuration names, by the index of the key. One object, replaced as
// a whole in GLOBAL_RUNTIME; a key that is new is written into its place before anybody refers to it.
import { RUNTIME_BOOLEAN, RUNTIME_FRACTION, RUNTIME_INTEGER, RUNTIME_TRUE } from '../abi';
import { GLOBAL_BASE, GLOBAL_RUNTIME } from '../memory/map';
import { objectAlloc, ObjectHeader, objectNew, publish } from '../memory/object';
import { random64 } from '../memory/worker_block';

@unmanaged
export class RuntimeTable extends ObjectHeader {
  capacity: u32;
  values: u32; // address of RuntimeValue[capacity]
}

/** What a key says, read as each kind of value. */
@unmanaged
export class RuntimeValue {
  flags: u32; // RUNTIME_*: how it may be read; 0 = no layer has it
  numerator: u32; // RUNTIME_FRACTION
  denominator: u32;
  pad: u32;
  integer: u64; // RUNTIME_INTEGER
}

/** A table for keys with indices below `capacity`; 0 when memory is exhausted. */
export function runtimeTableNew(capacity: u32): usize {
  const object = objectNew(offsetof<RuntimeTable>());
  if (!object) return 0;
  const t = changetype<RuntimeTable>(object);
  t.capacity = capacity;
  t.values = <u32>objectAlloc(object, capacity * offsetof<RuntimeValue>());
  return t.values ? object : 0;
}

/** Says what the key with this index has. */
export function runtimeTableSet(
  table: usize,
  index: u32,
  flags: u32,
  numerator: u32,
  denominator: u32,
  integerHigh: u32,
  integerLow: u32,
): void {
  const t = changetype<RuntimeTable>(table);
  const v = changetype<RuntimeValue>(<usize>t.values + <usize>index * offsetof<RuntimeValue>());
  v.flags = flags;
  v.numerator = numerator;
  v.denominator = denominator;
  v.integer = ((<u64>integerHigh) << 32) | integerLow;
}

export function runtimeTablePublish(table: usize): void {
  publish(GLOBAL_BASE + GLOBAL_RUNTIME, table);
}

// `key` is the index + 1, so that 0 is none.
function valueOf(key: u32): usize {
  const table: usize = atomic.load<u32>(GLOBAL_BASE + GLOBAL_RUNTIME);
  if (!table || !key) return 0;
  const t = changetype<RuntimeTable>(table);
  return key > t.capacity ? 0 : <usize>t.values + <usize>(key - 1) * offsetof<RuntimeValue>();
}

/** Envoy's featureEnabled of a FractionalPercent: whether `random` is within what `key` says, or else within the default. */
export function runtimeFraction(key: u32, numerator: u32, denominator: u32, random: u64): bool {
  const at = valueOf(key);
  if (at) {
    const v = changetype<RuntimeValue>(at);
    if (v.flags & RUNTIME_FRACTION) return random % <u64>v.denominator < <u64>v.numerator;
  }
  return random % <u64>denominator < <u64>numerator;
}

/** Envoy's getInteger. */
export function runtimeInteger(key: u32, absent: u64): u64 {
  const at = valueOf(key);
  if (!at || !(changetype<RuntimeValue>(at).flags & RUNTIME_INTEGER)) return absent;
  return changetype<RuntimeValue>(at).integer;
}

/** Envoy's getBoolean. */
export function runtimeBoolean(key: u32, absent: bool): bool {
  const at = valueOf(key);
  if (!at || !(changetype<RuntimeValue>(at).flags & RUNTIME_BOOLEAN)) return absent;
  return (changetype<RuntimeValue>(at).flags & RUNTIME_TRUE) != 0;
}

/** runtimeFraction for a worker's host filters, which draw a number for each decision. */
export function runtimeFractionDraw(key: u32, numerator: u32, denominator: u32): bool {
  return runtimeFraction(key, numerator, denominator, random64());
}

/** runtimeInteger for the host; what is above 2^53 is rounded. */
export function runtimeNumber(key: u32, absent: f64): f64 {
  const at = valueOf(key);
  if (!at || !(changetype<RuntimeValue>(at).flags & RUNTIME_INTEGER)) return absent;
  return <f64>changetype<RuntimeValue>(at).integer;
}
