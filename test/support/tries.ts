/**
 * How often a property is tried with generated input: `count` times by `npm run test:long`, a tenth of that in any other run.
 * Each run tries others.
 */
export function tries(count: number): { readonly numRuns: number } {
  return { numRuns: process.env['TEST_LONG'] ? count : Math.ceil(count / 10) };
}
