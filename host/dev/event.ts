// What the server tells of its clients. Printed as lines, or as JSON (`--output json`): fields may be added, never changed.

interface Of {
  readonly node: string;
  /** "CDS"; "ADS" for the aggregated stream as a whole. */
  readonly kind: string;
}

interface OfResponse extends Of {
  readonly version: string;
  readonly nonce: string;
  readonly names: readonly string[];
  readonly removed: readonly string[];
}

export type DevEvent =
  | (Of & { readonly event: 'connected'; readonly cluster: string; readonly agent: string; readonly is_delta: boolean })
  | (Of & { readonly event: 'closed'; readonly reason: string })
  | (Of & {
      readonly event: 'subscribed';
      readonly subscribed: readonly string[];
      readonly unsubscribed: readonly string[];
    })
  | (OfResponse & { readonly event: 'sent' | 'heartbeat' })
  | (OfResponse & { readonly event: 'ack' | 'nack'; readonly error: string | undefined })
  | (Of & { readonly event: 'stale' })
  | { readonly event: 'unknown_type'; readonly node: string; readonly type_url: string };
