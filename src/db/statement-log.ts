import type { LogEvent } from 'kysely';

/** A statement that has been executed; `text` has places for values, and `error` is why it failed. */
export type ExecutedStatement = { readonly text: string; readonly milliseconds: number; readonly error?: unknown };

/** Told of every statement, where the code goes on that executed it. */
export type NoteStatement = (statement: ExecutedStatement) => void;

/** How Kysely is to log. Without anybody to tell it takes no time. */
export function createStatementLog(note: NoteStatement | undefined): { log?: (event: LogEvent) => void } {
  if (!note) return {};
  return {
    log: (event) => {
      const { query, queryDurationMillis: milliseconds } = event;
      note({ text: query.sql, milliseconds, ...(event.level === 'error' && { error: event.error }) });
    },
  };
}
