// Statistics that take many words (histogram bins, single status codes) have tables that are made on first use:
// a cluster that nobody calls costs its block alone. Tables grow down from the end of this worker's W_STATS and are
// never given back; a reused scope keeps its tables and the reader subtracts what they held.
import { SERVER_STATS, SERVER_STAT_WEFT_STATS_EXHAUSTED, STATS_TABLES_USED } from '../abi';
import { MAX_STATS, W_STATS } from '../memory/map';
import { W } from '../memory/worker_block';
import { statInc } from './counters';

const KEPT_FOR_SCOPES: u32 = MAX_STATS >> 1; // tables never grow into the half that scopes are handed out from

/** Address of the `size` words that the word `index` leads to; 0 when the space for tables is used up. */
export function statTable(index: u32, size: u32): usize {
  const word = W + W_STATS + ((<usize>index) << 3);
  const at = load<u32>(word);
  return at ? W + W_STATS + ((<usize>at) << 3) : tableNew(word, size);
}

function tableNew(word: usize, size: u32): usize {
  const counter = W + W_STATS + ((<usize>STATS_TABLES_USED) << 3);
  const used = load<u32>(counter) + size;
  if (used > KEPT_FOR_SCOPES - 1) {
    statInc(SERVER_STATS + SERVER_STAT_WEFT_STATS_EXHAUSTED);
    return 0;
  }
  store<u32>(counter, used);
  const at = <u32>STATS_TABLES_USED - used;
  store<u32>(word, at);
  return W + W_STATS + ((<usize>at) << 3);
}
