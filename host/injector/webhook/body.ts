// A request body, read whole within a limit.
import type { IncomingMessage } from 'node:http';

/** An etcd value may have 1.5 MiB, and a review carries the object once or twice in JSON. */
export const MAX_BODY_BYTES = 8 * 1024 * 1024;

export type Body =
  { readonly kind: 'whole'; readonly text: string } | { readonly kind: 'too large' } | { readonly kind: 'cut off' };

/** Reads no further than the limit. */
export function readBody(request: IncomingMessage, limit = MAX_BODY_BYTES): Promise<Body> {
  if (Number(request.headers['content-length'] ?? 0) > limit) return Promise.resolve({ kind: 'too large' });
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > limit) {
        request.pause();
        resolve({ kind: 'too large' });
      } else chunks.push(chunk);
    });
    request.on('end', () => resolve({ kind: 'whole', text: Buffer.concat(chunks).toString('utf8') }));
    request.on('close', () => resolve({ kind: 'cut off' }));
    request.on('error', () => resolve({ kind: 'cut off' }));
  });
}
