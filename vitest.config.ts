import { defineConfig } from 'vitest/config';

const databaseTests = ['test/**/*.db.test.ts'];
/** What HTTP, its bodies and pictures do, where the database plays no part: one of the two is enough. */
const doorTests = [
  'test/bad-input.db.test.ts',
  'test/browsers.db.test.ts',
  'test/connections.db.test.ts',
  'test/graphql-http-audit.db.test.ts',
  'test/images.db.test.ts',
  'test/rest-routes.db.test.ts',
  'test/slow-clients.db.test.ts',
];
/** Those need a Chromium: vitest.browser.config.ts runs them. */
const browserTests = 'test/browser/**';

/** `unit` needs no database; `pglite` and `postgres` run one and the same suite, but for the tests of the doors alone. */
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
        test: { name: 'unit', include: ['test/**/*.test.ts'], exclude: [...databaseTests, browserTests] },
      },
      {
        extends: true,
        test: {
          name: 'pglite',
          include: databaseTests,
          exclude: doorTests,
          globalSetup: 'test/support/pglite-template.ts',
        },
      },
      {
        extends: true,
        test: { name: 'postgres', include: databaseTests, globalSetup: 'test/support/postgres-template.ts' },
      },
    ],
  },
});
