import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks', // a blocked worker thread would hang vitest's thread pool
    testTimeout: 30_000,
    globalSetup: ['test/support/global_setup.ts'],
  },
});
