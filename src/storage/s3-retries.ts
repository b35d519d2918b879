import type { S3ClientConfig } from '@aws-sdk/client-s3';

type RetryStrategy = Extract<
  Awaited<NonNullable<S3ClientConfig['retryStrategy']>>,
  { readonly acquireInitialRetryToken: unknown }
>;
type RetryToken = Awaited<ReturnType<RetryStrategy['acquireInitialRetryToken']>>;

const retriedErrors = new Set(['TRANSIENT', 'THROTTLING', 'SERVER_ERROR']);
/** Milliseconds: the longest pause, and how much longer they are where the store asks for less. */
const pauses = { longest: 2_000, throttled: 4 } as const;

function createToken(count: number, delay: number): RetryToken {
  return { getRetryCount: () => count, getRetryDelay: () => delay };
}

/**
 * Repeats what failed by the network, by 5xx or by throttling, after pauses that grow and are random. Unlike the client's own
 * strategies each request has all its attempts, also when many before it failed: an upload is to succeed once the store is back.
 * `pause` is half of the longest that the first one may be, in milliseconds.
 */
export function createRetryStrategy(attempts: number, pause: number): RetryStrategy {
  return {
    acquireInitialRetryToken: () => Promise.resolve(createToken(0, 0)),
    refreshRetryTokenForRetry: (token, { errorType }) => {
      const count = token.getRetryCount() + 1;
      if (count >= attempts || !retriedErrors.has(errorType)) return Promise.reject(new Error('not to be repeated'));
      const factor = errorType === 'THROTTLING' ? pauses.throttled : 1;
      const longest = Math.min(pauses.longest, pause * 2 ** count * factor);
      return Promise.resolve(createToken(count, longest * (0.5 + Math.random() / 2)));
    },
    recordSuccess: () => undefined,
  };
}
