import {
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLResolveInfo,
  OperationTypeNode,
  getOperationAST,
} from 'graphql';
import { limits } from '../contract/limits.ts';
import { createInputError } from './errors.ts';

const { answerCharacters: most, ancestors: mostAncestors } = limits.graphql;

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/**
 * Takes about what the JSON of a value needs from so much room, without escapes, any number as four characters. What remains is
 * less than nothing where it does not fit.
 */
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
    ? `The operation was executed, but its answer would be longer than ${most} characters: select fewer fields, and read the rest by queries.`
    : `The answer would be longer than ${most} characters: ask for shorter pages (\`first\`, \`last\`), fewer fields, or in ` +
        'several requests.';
}

function isExecuted(result: object): result is ExecutionResult {
  return 'data' in result;
}

/**
 * The result of an operation, or why it is not answered: one text of ten thousand characters may be named in a thousand places,
 * and cost nothing until it is written that often.
 */
export function limitAnswer<Result extends object>(args: ExecutionArgs, result: Result): Result | ExecutionResult {
  if (!isExecuted(result) || takeRoom(most, result.data) >= 0) return result;
  return { errors: [createInputError(explain(args)), ...(result.errors ?? [])] };
}

/** How many ancestors an execution has answered. The values of its variables are an object of its own, also for each event. */
const answered = new WeakMap<GraphQLResolveInfo['variableValues'], number>();

/** The ancestors that a field answers; an input error once an execution has more of them than the limit. */
export function limitAncestors<Ancestor>(
  { variableValues }: Pick<GraphQLResolveInfo, 'variableValues'>,
  ancestors: readonly Ancestor[],
): readonly Ancestor[] {
  const count = (answered.get(variableValues) ?? 0) + ancestors.length;
  answered.set(variableValues, count);
  if (count <= mostAncestors) return ancestors;
  throw createInputError(
    `The operation answers more than ${mostAncestors} ancestors: ask for those of fewer categories at once.`,
  );
}
