import { type ExecutionArgs, type ExecutionResult, OperationTypeNode, getOperationAST } from 'graphql';
import { limits } from '../contract/limits.ts';
import { createInputError } from './errors.ts';

const most = limits.graphql.answerCharacters;

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** Takes what the JSON of a value needs, but for escapes, from so much room; what remains is less than nothing where it does not fit. */
function takeRoom(room: number, value: unknown): number {
  if (typeof value === 'string') return room - value.length - 2;
  if (!isObject(value)) return room - 4;
  let left = room;
  if (Array.isArray(value)) {
    for (const item of value) {
      left = takeRoom(left - 1, item);
      if (left < 0) return left;
    }
    return left;
  }
  for (const key in value) {
    left = takeRoom(left - key.length - 4, value[key]);
    if (left < 0) return left;
  }
  return left;
}

function explain({ document, operationName }: ExecutionArgs): string {
  const isMutation = getOperationAST(document, operationName)?.operation === OperationTypeNode.MUTATION;
  return isMutation
    ? `It is done, but the answer would be longer than ${most} characters: select fewer fields, and read the rest by queries.`
    : `The answer would be longer than ${most} characters: ask for shorter pages (\`first\`, \`last\`), fewer fields, or in ` +
        'several requests.';
}

/**
 * The result of an operation, or why it is not answered: one text of ten thousand characters may be named in a thousand places,
 * and cost nothing until it is written that often.
 */
export function limitAnswer<Result extends object>(args: ExecutionArgs, result: Result): Result | ExecutionResult {
  const isTooLong = 'data' in result && takeRoom(most, result.data) < 0;
  return isTooLong ? { errors: [createInputError(explain(args))] } : result;
}
