// From how many operations on one call for all of them costs less than a call for each.
import { BATCH_MAX } from '../../assembly/abi.js';

const MINIMUM = 4; // two to three calls of an AIO batch cost more than they save

/** WEFT_BATCH_MINIMUM replaces it: 1 batches always, 0 never. */
export function batchMinimum(): number {
  const asked = Number(process.env['WEFT_BATCH_MINIMUM'] ?? MINIMUM);
  return asked >= 1 ? asked : BATCH_MAX + 1;
}
