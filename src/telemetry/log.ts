import { type Logger, pino, stdTimeFunctions } from 'pino';
import { describeError } from './describe-error.ts';

/**
 * Where a process tells what happens to it, a JSON object a line. What is given as `error` is told without values of
 * customers (describeError); nothing else that a client sent may be given, but for the request's id.
 */
export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;

type LogOptions = {
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  readonly write: (line: string) => void;
};

/** Opens a log that writes everything from `level` on. */
export function createLog({ level, write }: LogOptions): Log {
  return pino(
    {
      level,
      base: { pid: process.pid },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      messageKey: 'message',
      serializers: { error: describeError },
    },
    { write },
  );
}
