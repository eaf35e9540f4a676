// The command lines of `weft wait` and `weft request`, with those of pilot-agent beside them.
import type { Flag } from './proxy_flags.js';

export const WAIT_FLAGS: readonly Flag[] = [
  { flags: '--url <url>', help: 'what is asked (default: http://localhost:15021/healthz/ready)', kind: 'text' },
  { flags: '--timeout <duration>', help: 'how long at most (default: 60s)', kind: 'text' },
  { flags: '--period <duration>', help: 'the time between two questions (default: 500ms)', kind: 'text' },
  { flags: '--request-timeout <duration>', help: 'the time for one answer (default: 500ms)', kind: 'text' },
  { flags: '--timeoutSeconds <n>', help: 'as pilot-agent: --timeout in seconds', kind: 'count' },
  { flags: '--periodMillis <n>', help: 'as pilot-agent: --period in milliseconds', kind: 'count' },
  { flags: '--requestTimeoutMillis <n>', help: 'as pilot-agent: --request-timeout in milliseconds', kind: 'count' },
];

export const REQUEST_FLAGS: readonly Flag[] = [
  { flags: '--debug-port <port>', help: 'the port of 127.0.0.1 (default: 15000, the admin listener)', kind: 'count' },
];
