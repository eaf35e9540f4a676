// :path as configured: path_with_escaped_slashes_action, normalize_path, merge_slashes (Envoy: maybeNormalizePath, PathUtil).
// The normalizer is the URL standard's, as the library that Envoy uses has it.
import { REPLY_NONE, REPLY_PATH_NORMALIZATION_FAILED, REPLY_PATH_REDIRECT } from '../abi';
import { Head, HEAD_FRAGMENT } from '../http1/head';
import { scratch } from '../memory/worker_block';
import { HCM_MERGE_SLASHES, HCM_NORMALIZE_PATH, HcmConfig } from './hcm_config';
import { isGrpc } from './grpc';
import { canonicalPath } from './path_canonical';

const REJECT_REQUEST: u8 = 1;
const UNESCAPE_AND_REDIRECT: u8 = 2;

/** Applies the path options; 0, or REPLY_PATH_NORMALIZATION_FAILED, or REPLY_PATH_REDIRECT with the new path in place. */
export function normalizePath(hcm: HcmConfig, q: Head): u32 {
  const action = hcm.pathWithEscapedSlashesAction;
  if (!(hcm.flags & (HCM_NORMALIZE_PATH | HCM_MERGE_SLASHES)) && !action) return fragment(q);
  if (fragment(q)) return REPLY_PATH_NORMALIZATION_FAILED;
  let result: u32 = REPLY_NONE;
  if (action && unescapeSlashes(q)) {
    if (action == REJECT_REQUEST) return REPLY_PATH_NORMALIZATION_FAILED;
    // A gRPC client follows no redirect.
    if (action == UNESCAPE_AND_REDIRECT)
      result = isGrpc(changetype<usize>(q)) ? REPLY_PATH_NORMALIZATION_FAILED : REPLY_PATH_REDIRECT;
  }
  if (hcm.flags & HCM_NORMALIZE_PATH && !canonicalPath(q)) return REPLY_PATH_NORMALIZATION_FAILED;
  if (hcm.flags & HCM_MERGE_SLASHES) mergeSlashes(q);
  return result;
}

function fragment(q: Head): u32 {
  return q.flags & HEAD_FRAGMENT ? REPLY_PATH_NORMALIZATION_FAILED : REPLY_NONE;
}

/** Length of the path proper: what stands before `?`. */
export function pathProperLength(q: Head): u32 {
  const p: usize = q.path;
  for (let i: u32 = 0; i < q.pathLength; i++) if (load<u8>(p + i) == 0x3f) return i;
  return q.pathLength;
}

// Replaces %2F and %5C in the path proper by the characters that they escape; false when there are none.
function unescapeSlashes(q: Head): bool {
  const n = pathProperLength(q);
  const p: usize = q.path;
  let first: u32 = 0;
  while (first < n && !escapedSlash(p + first, n - first)) first++;
  if (first >= n) return false;
  const out = scratch(q.pathLength);
  if (!out) return false;
  memory.copy(out, p, first);
  let o = out + first;
  let i = first;
  while (i < n) {
    const c = escapedSlash(p + i, n - i);
    store<u8>(o++, c ? <u8>c : load<u8>(p + i));
    i += c ? 3 : 1;
  }
  memory.copy(o, p + n, q.pathLength - n);
  q.pathLength -= n - <u32>(o - out);
  q.path = <u32>out;
  return true;
}

// The slash that "%2F" or "%5C" at `p` stands for, 0 if there is none.
function escapedSlash(p: usize, n: u32): u32 {
  if (load<u8>(p) != 0x25 || n < 3) return 0;
  const high = load<u8>(p, 1);
  const low = load<u8>(p, 2) | 0x20;
  if (high == 0x32 && low == 0x66) return 0x2f;
  return high == 0x35 && low == 0x63 ? 0x5c : 0;
}

// Runs of slashes in the path proper become one. Like Envoy's, a path of slashes alone keeps the first and the last.
function mergeSlashes(q: Head): void {
  const n = pathProperLength(q);
  const p: usize = q.path;
  let first: u32 = 1;
  while (first < n && (load<u8>(p + first) != 0x2f || load<u8>(p + first - 1) != 0x2f)) first++;
  if (first >= n) return;
  const out = scratch(q.pathLength);
  if (!out) return;
  memory.copy(out, p, first);
  let o = out + first;
  for (let i = first; i < n; i++) {
    const c = load<u8>(p + i);
    if (c != 0x2f || load<u8>(o - 1) != 0x2f) store<u8>(o++, c);
  }
  if (o - out == 1) store<u8>(o++, 0x2f);
  memory.copy(o, p + n, q.pathLength - n);
  q.pathLength -= n - <u32>(o - out);
  q.path = <u32>out;
}
