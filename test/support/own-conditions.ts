import type { CompiledQuery, QueryExecutor } from 'kysely';
import type { Database } from '../../src/db/schema.ts';

const column = String.raw`(?:"?\w+"?\.)?"?organization_id"?`;

/** Each with what is left of it: a parameter has to stay somewhere, to have its number and type. */
const ownConditions: readonly (readonly [RegExp, string])[] = [
  [new RegExp(String.raw`${column} = (\$\d+)(?:::bigint)?`, 'g'), '$1::bigint is not null'],
  [new RegExp(`${column} = ${column}`, 'g'), 'true'],
  [/(from "?organizations"? where )"?id"? = (\$\d+)/g, '$1$2::bigint is not null'],
];

function removeOwnConditions(text: string): string {
  const without = ownConditions.reduce((left, [condition, rest]) => left.replaceAll(condition, rest), text);
  if (/organization_id"?\s*(?:=|<|>|in\b)/i.test(without)) throw new Error(`There is a condition left: ${without}`);
  return without;
}

/**
 * From now on takes out of every statement of the database what keeps it to an organization, so that all that is left to do
 * so are the policies. `removed` counts the statements that had something to lose.
 */
export function takeOutOwnConditions(db: Database): { removed: number } {
  const counted = { removed: 0 };
  const change = (executor: QueryExecutor): QueryExecutor => {
    const execute = executor.executeQuery.bind(executor);
    executor.executeQuery = <R>(query: CompiledQuery<R>) => {
      const sql = removeOwnConditions(query.sql);
      if (sql !== query.sql) counted.removed += 1;
      return execute<R>({ ...query, sql });
    };
    // As a transaction makes one.
    const derive = executor.withConnectionProvider.bind(executor);
    executor.withConnectionProvider = (provider) => change(derive(provider));
    return executor;
  };
  change(db.getExecutor());
  return counted;
}
