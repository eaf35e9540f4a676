/**
 * The seed of every random test: the same in each run, so that a change is judged by what it changes. `npm run fuzz` takes another
 * one each time and runs longer; WEFT_FUZZ_SEED repeats what it has found.
 */
export const FUZZ_SEED = Number(process.env['WEFT_FUZZ_SEED'] ?? 1);
