import { defineConfig } from 'vitest/config';

/** `npm run test:backup`: the commands of docs/operations.md, with PostgreSQL's own programs, which `npm test` does without. */
export default defineConfig({
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    name: 'backup',
    include: ['test/backup/**/*.test.ts'],
    pool: 'forks',
    testTimeout: 120_000,
    hookTimeout: 300_000,
  },
});
