import type { YogaLogger } from 'graphql-yoga';
import { isExpected } from '../graphql/errors.ts';

const silent = () => undefined;

/** What the server logs: failures nobody expects, to standard error. */
export const log: YogaLogger = {
  debug: silent,
  info: silent,
  warn: (...parts: unknown[]) => console.warn(...parts),
  error: (...parts: unknown[]) => {
    if (!parts.some(isExpected)) console.error(...parts);
  },
};
