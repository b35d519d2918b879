import { defineConfig } from 'vitest/config';

const databaseTests = ['test/**/*.db.test.ts'];
/** Those need a Chromium or PostgreSQL's own programs: vitest.browser.config.ts and vitest.backup.config.ts run them. */
const separateTests = ['test/browser/**', 'test/backup/**'];

/** `unit` needs no database; `pglite` and `postgres` run one and the same suite, each over its own. */
export default defineConfig({
  // One graphql for all: what vite would resolve itself is another realm than what the libraries require.
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    // Processes, not threads, since tests end processes and send signals; shared by the files, since loading costs more than
    // most of them, and every file opens what it uses itself.
    pool: 'forks',
    isolate: false,
    // One more than the cores of a small machine: many tests wait, for retries, pauses and processes.
    maxWorkers: 3,
    // They end only what hangs: a machine that does much else takes ten times as long as usual.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    teardownTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: { name: 'unit', include: ['test/**/*.test.ts'], exclude: [...databaseTests, ...separateTests] },
      },
      {
        extends: true,
        test: { name: 'pglite', include: databaseTests, globalSetup: 'test/support/pglite-template.ts' },
      },
      {
        extends: true,
        test: { name: 'postgres', include: databaseTests, globalSetup: 'test/support/postgres-template.ts' },
      },
    ],
  },
});
