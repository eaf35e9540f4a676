// Control's view of the endpoints that workers make themselves (assembly/upstream/dynamic_endpoint.ts), beside the running workers.
import {
  DYNAMIC_ENDPOINT_AT_ADDRESS_LENGTH,
  DYNAMIC_ENDPOINT_AT_BASE,
  DYNAMIC_ENDPOINT_AT_CLUSTER,
  DYNAMIC_ENDPOINT_AT_GENERATION,
  DYNAMIC_ENDPOINT_AT_ID,
  DYNAMIC_ENDPOINT_AT_TEXT,
  DYNAMIC_ENDPOINT_SIZE,
  DYNAMIC_ENDPOINTS,
  ENDPOINT_STATE_ACTIVE,
  ENDPOINT_STATE_CONNECTIONS,
  ENDPOINT_STATE_SIZE,
  W_DYNAMIC_ENDPOINTS,
  W_ENDPOINT_STATE,
  WORKER_DYNAMIC_COUNT,
} from '../../assembly/abi.js';

export interface DynamicEndpoint {
  /** "10.0.0.1:80" */
  readonly address: string;
  /** Sums over the workers that have it. */
  connections: number;
  activeRequests: number;
}

const TEXT_MAX = DYNAMIC_ENDPOINT_SIZE - DYNAMIC_ENDPOINT_AT_TEXT;

export class DynamicEndpoints {
  private readonly u8: Uint8Array;
  private readonly u32: Uint32Array;
  private readonly i32: Int32Array;

  /** `blocks`: where the worker blocks begin. */
  constructor(
    buffer: ArrayBufferLike,
    private readonly blocks: readonly number[],
  ) {
    this.u8 = new Uint8Array(buffer);
    this.u32 = new Uint32Array(buffer);
    this.i32 = new Int32Array(buffer);
  }

  /** The endpoints of a cluster; one that several workers have is one, as in Envoy. */
  of(cluster: number): DynamicEndpoint[] {
    const found = new Map<string, DynamicEndpoint>();
    for (const W of this.blocks) {
      const count = Math.min(this.u32[(W + WORKER_DYNAMIC_COUNT) >> 2], DYNAMIC_ENDPOINTS);
      for (let i = 0; i < count; i++) this.look(W, i, cluster, found);
    }
    return [...found.values()];
  }

  private look(W: number, index: number, cluster: number, found: Map<string, DynamicEndpoint>): void {
    const at = W + W_DYNAMIC_ENDPOINTS + index * DYNAMIC_ENDPOINT_SIZE;
    const generation = this.generation(at);
    const word = (offset: number): number => this.u32[(at + offset) >> 2];
    if (generation % 2 === 0 || word(DYNAMIC_ENDPOINT_AT_CLUSTER) !== cluster) return;
    if (word(DYNAMIC_ENDPOINT_AT_BASE) !== 0) return;
    const text = at + DYNAMIC_ENDPOINT_AT_TEXT;
    const length = Math.min(word(DYNAMIC_ENDPOINT_AT_ADDRESS_LENGTH), TEXT_MAX);
    const address = Buffer.from(this.u8.slice(text, text + length)).toString('latin1');
    const state = W + W_ENDPOINT_STATE + word(DYNAMIC_ENDPOINT_AT_ID) * ENDPOINT_STATE_SIZE;
    if (this.generation(at) !== generation) return; // it went while we looked
    const endpoint = found.get(address) ?? { address, connections: 0, activeRequests: 0 };
    endpoint.connections += this.u32[(state + ENDPOINT_STATE_CONNECTIONS) >> 2];
    endpoint.activeRequests += this.u32[(state + ENDPOINT_STATE_ACTIVE) >> 2];
    found.set(address, endpoint);
  }

  private generation(at: number): number {
    return Atomics.load(this.i32, (at + DYNAMIC_ENDPOINT_AT_GENERATION) >> 2);
  }
}
