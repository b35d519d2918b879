import type { YogaLogger } from 'graphql-yoga';
import { findOrigin } from '../graphql/error-origin.ts';
import { isExpected } from '../graphql/errors.ts';
import type { Log } from '../telemetry/log.ts';

const silent = () => undefined;

/** What Node makes of a client that hangs up while it sends. */
function isHungUp(error: unknown): boolean {
  return error instanceof Error && error.message === 'aborted' && 'code' in error && error.code === 'ECONNRESET';
}

/** What GraphQL's server tells the log: failures nobody expects, with the request they arose in. */
export function createServerLog(log: Log): YogaLogger {
  return {
    debug: silent,
    info: silent,
    warn: (...parts: unknown[]) => log.warn(parts.filter((part) => typeof part === 'string').join(' ')),
    error: (...parts: unknown[]) => {
      for (const error of parts) {
        if (!isExpected(error) && !isHungUp(error))
          log.error({ requestId: findOrigin(error), error }, 'a request failed');
      }
    },
  };
}
