import { lexicographicSortSchema, printSchema as print } from 'graphql';
import { schema } from './schema.ts';

/** The schema as it stands in `schema.graphql`, sorted, with a newline at its end. */
export function printSchema(): string {
  return `${print(lexicographicSortSchema(schema))}\n`;
}
