import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // The differential run has its own command, `npm run test:envoy`.
    exclude: process.env['WEFT_REQUIRE_ENVOY'] === '1' ? [] : ['test/differential/envoy/**'],
    pool: 'forks', // a blocked worker thread would hang vitest's thread pool
    // CI shares its machine with others: what depends on the scheduler gets a second chance there, and only there.
    retry: process.env['CI'] ? 2 : 0,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    globalSetup: ['test/support/global_setup.ts'],
  },
});
