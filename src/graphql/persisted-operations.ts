import { readFile } from 'node:fs/promises';
import { GraphQLError, Kind, parse, validate } from 'graphql';
import { z } from 'zod';
import { DocumentRefusedError } from './errors.ts';
import { createJudge, parseWithinLimits } from './document-limits.ts';
import { schema } from './schema.ts';

/** Operations that clients may name instead of sending them: documents by id. */
export type PersistedOperations = ReadonlyMap<string, string>;

/** The file of persisted operations cannot be used. The message names the variable, the file and what is wrong. */
export class PersistedOperationsError extends Error {
  override readonly name = 'PersistedOperationsError';
}

const fileSchema = z.record(z.string(), z.string());

const judge = createJudge(schema);

function findProblem(text: string): string | undefined {
  try {
    const document = parseWithinLimits(text, parse);
    const [error] = validate(schema, document);
    if (error) return error.message;
    const operations = document.definitions.filter((each) => each.kind === Kind.OPERATION_DEFINITION);
    return operations.map((operation) => judge(document, operation, {})).find((problem) => problem !== undefined);
  } catch (error) {
    if (error instanceof GraphQLError || error instanceof DocumentRefusedError) return error.message;
    throw error;
  }
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new PersistedOperationsError(`PERSISTED_OPERATIONS: cannot read ${file}: ${String(error)}`);
  }
}

/**
 * Reads a JSON object of documents by id, as `persistedDocuments` of the code generator's client preset writes it. Throws a
 * PersistedOperationsError for a file that is none, or holds an operation that does not fit the schema.
 */
export async function readPersistedOperations(file: string): Promise<PersistedOperations> {
  const parsed = fileSchema.safeParse(await readJson(file));
  if (!parsed.success) {
    throw new PersistedOperationsError(`PERSISTED_OPERATIONS: ${file} must hold a JSON object of documents by id.`);
  }
  const operations = new Map(Object.entries(parsed.data));
  for (const [id, document] of operations) {
    const problem = findProblem(document);
    if (problem !== undefined) throw new PersistedOperationsError(`PERSISTED_OPERATIONS: ${file}: ${id}: ${problem}`);
  }
  return operations;
}
