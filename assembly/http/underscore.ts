// headers_with_underscores_action: a name with `_` may be read as one with `-` further on (CGI does).
import {
  REPLY_NONE,
  REPLY_UNDERSCORE,
  SERVER_STATS,
  SERVER_STAT_HTTP1_DROPPED_HEADERS_WITH_UNDERSCORES,
  SERVER_STAT_HTTP1_REQUESTS_REJECTED_WITH_UNDERSCORES_IN_HEADERS,
} from '../abi';
import { ENTRY_REMOVED, entryAt, Head, HEAD_ENTRIES, HeaderEntry, headerRemoveEntry } from '../http1/head';
import { statInc } from '../stats/counters';

const ACTION_REJECT: u8 = 1;

/** Rejects or drops by `action` (HcmConfig.headersWithUnderscoresAction). */
export function checkUnderscores(head: usize, action: u8): u32 {
  const last = entryAt(head, changetype<Head>(head).count);
  for (let p = head + HEAD_ENTRIES; p < last; p += 16) {
    const e = changetype<HeaderEntry>(p);
    if (e.id || e.flags & ENTRY_REMOVED || !hasUnderscore(e.name, e.nameLength)) continue;
    if (action == ACTION_REJECT) {
      statInc(SERVER_STATS + SERVER_STAT_HTTP1_REQUESTS_REJECTED_WITH_UNDERSCORES_IN_HEADERS);
      return REPLY_UNDERSCORE;
    }
    statInc(SERVER_STATS + SERVER_STAT_HTTP1_DROPPED_HEADERS_WITH_UNDERSCORES);
    headerRemoveEntry(head, p);
  }
  return REPLY_NONE;
}

function hasUnderscore(p: usize, n: u32): bool {
  for (let i: u32 = 0; i < n; i++) if (load<u8>(p + i) == 0x5f) return true;
  return false;
}
