// One probe of the application on the kubelet's behalf. It starts from an address that the redirection rules leave alone, so that it reaches the
// application itself and not the proxy in front of it.
import type { IncomingHttpHeaders } from 'node:http';
import { isIPv6 } from 'node:net';
import type { AppProber } from './app_probers.js';
import { probeGrpc } from './probe_grpc.js';
import { probeHttp } from './probe_http.js';
import { probeTcp } from './probe_tcp.js';

export interface ProbeCall {
  /** What the kubelet has sent. */
  readonly headers: IncomingHttpHeaders;
  /** The address of the Pod: the application may listen there only. */
  readonly target: string;
  /** The port on which the agent was asked: in a Host header the application's takes its place. */
  readonly agentPort: number;
  /** Ends the probe: the time is up, or the caller has gone. */
  readonly signal: AbortSignal;
}

export interface ProbeAnswer {
  readonly status: number;
  readonly body: string | Uint8Array;
  /** Why it failed, where it was not the application that said so. */
  readonly failure?: string;
}

/** The sources that `weft iptables` returns from its chains: `-s 127.0.0.6/32`, `-s ::6/128`. */
export function probeSource(target: string): string {
  return isIPv6(target) ? '::6' : '127.0.0.6';
}

export function probe({ action }: AppProber, call: ProbeCall): Promise<ProbeAnswer> {
  switch (action.kind) {
    case 'http':
      return probeHttp(action, call);
    case 'tcp':
      return probeTcp(action, call);
    case 'grpc':
      return probeGrpc(action, call);
  }
}

/** 500 is what the kubelet counts as a failure, as from Istio's agent. */
export function failed(reason: string): ProbeAnswer {
  return { status: 500, body: `${reason}\n`, failure: reason };
}
