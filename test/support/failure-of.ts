import { expect } from 'vitest';

/** What the work fails with. Fails the test where it does not. */
export async function failureOf(work: PromiseLike<unknown>): Promise<unknown> {
  return work.then(
    () => expect.fail('expected an error'),
    (error: unknown) => error,
  );
}
