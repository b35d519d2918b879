import type { LogEvent } from 'kysely';
import type { Upkeep } from './upkeep.ts';

/** A statement that has been executed; `text` has places for values, and `error` is why it failed. */
export type ExecutedStatement = { readonly text: string; readonly milliseconds: number; readonly error?: unknown };

/** Told of every statement, where the code goes on that executed it. */
export type NoteStatement = (statement: ExecutedStatement) => void;

/** How Kysely is to log: the upkeep is told how long the database worked, and `note` of the statement itself. */
export function createStatementLog(upkeep: Upkeep, note: NoteStatement | undefined): (event: LogEvent) => void {
  return (event) => {
    const { query, queryDurationMillis: milliseconds } = event;
    upkeep.addWork(milliseconds);
    note?.({ text: query.sql, milliseconds, ...(event.level === 'error' && { error: event.error }) });
  };
}
