// What the process says to the shell. Documented in `weft help` and docs/errors.md.

export const EXIT_OK = 0;
/** The configuration has findings, or the proxy could not start with it. */
export const EXIT_FINDINGS = 1;
export const EXIT_USAGE = 2;
/** EX_DATAERR of sysexits(3): a file that cannot be read, or is neither YAML nor JSON. */
export const EXIT_UNREADABLE = 65;
/** EX_SOFTWARE: a fault of weft itself. */
export const EXIT_INTERNAL = 70;

/** `weft iptables --run-validation`, as istio-iptables. */
export const EXIT_VALIDATION = 126;

export const EXIT_CODES: readonly (readonly [number, string])[] = [
  [EXIT_OK, 'ok'],
  [EXIT_FINDINGS, 'the configuration has errors, or the proxy could not start'],
  [EXIT_USAGE, 'the command line is wrong'],
  [EXIT_UNREADABLE, 'the input cannot be read (no such file, not YAML or JSON)'],
  [EXIT_INTERNAL, 'a fault of weft itself'],
  [EXIT_VALIDATION, 'iptables --run-validation: the redirect does not work'],
];
