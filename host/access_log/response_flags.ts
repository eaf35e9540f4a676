// Response flags: Envoy's names for why a response is not what the upstream would have sent. Bits are FLAG_* of abi.ts, in this order.

export interface ResponseFlag {
  /** As %RESPONSE_FLAGS% prints it. */
  readonly short: string;
  /** As %RESPONSE_FLAGS_LONG% prints it. */
  readonly long: string;
}

/** Entry i is bit i. docs/response_flags.md has a line for each. */
export const RESPONSE_FLAGS: readonly ResponseFlag[] = [
  { short: 'LH', long: 'FailedLocalHealthCheck' },
  { short: 'UH', long: 'NoHealthyUpstream' },
  { short: 'UT', long: 'UpstreamRequestTimeout' },
  { short: 'LR', long: 'LocalReset' },
  { short: 'UR', long: 'UpstreamRemoteReset' },
  { short: 'UF', long: 'UpstreamConnectionFailure' },
  { short: 'UC', long: 'UpstreamConnectionTermination' },
  { short: 'UO', long: 'UpstreamOverflow' },
  { short: 'NR', long: 'NoRouteFound' },
  { short: 'DI', long: 'DelayInjected' },
  { short: 'FI', long: 'FaultInjected' },
  { short: 'RL', long: 'RateLimited' },
  { short: 'UAEX', long: 'UnauthorizedExternalService' },
  { short: 'RLSE', long: 'RateLimitServiceError' },
  { short: 'DC', long: 'DownstreamConnectionTermination' },
  { short: 'URX', long: 'UpstreamRetryLimitExceeded' },
  { short: 'SI', long: 'StreamIdleTimeout' },
  { short: 'IH', long: 'InvalidEnvoyRequestHeaders' },
  { short: 'DPE', long: 'DownstreamProtocolError' },
  { short: 'UMSDR', long: 'UpstreamMaxStreamDurationReached' },
  { short: 'RFCF', long: 'ResponseFromCacheFilter' },
  { short: 'NFCF', long: 'NoFilterConfigFound' },
  { short: 'DT', long: 'DurationTimeout' },
  { short: 'UPE', long: 'UpstreamProtocolError' },
  { short: 'NC', long: 'NoClusterFound' },
  { short: 'OM', long: 'OverloadManagerTerminated' },
  { short: 'DF', long: 'DnsResolutionFailed' },
  { short: 'DO', long: 'DropOverLoad' },
  { short: 'DR', long: 'DownstreamRemoteReset' },
  { short: 'UDO', long: 'UnconditionalDropOverload' },
];

/** The names of the bits in `flags`, comma separated; "-" when there are none. */
export function flagsText(flags: number, form: 'short' | 'long'): string {
  if (flags === 0) return '-';
  return RESPONSE_FLAGS.filter((_, bit) => (flags >>> bit) & 1)
    .map((flag) => flag[form])
    .join(',');
}

/** The bits of a list of short names; undefined where one is unknown. */
export function flagBits(names: readonly string[]): number | undefined {
  let bits = 0;
  for (const name of names) {
    const bit = RESPONSE_FLAGS.findIndex(({ short }) => short === name);
    if (bit < 0) return undefined;
    bits |= 1 << bit;
  }
  return bits;
}
