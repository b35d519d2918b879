import { type ExecutionArgs, type ExecutionResult, type GraphQLSchema, subscribe } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { limits } from '../contract/limits.ts';
import { limitAnswer } from './answer-limit.ts';
import { createExecutor } from './compiled-execution.ts';

const options = { maxCoercionErrors: limits.graphql.wrongVariables };

/** Errors without a path are those of the request: its variables do not fit. They are answered with 400. */
function markRefusal<Result extends object>(result: Result | ExecutionResult): Result | ExecutionResult {
  if (!('errors' in result)) return result;
  for (const { extensions, path } of result.errors ?? []) {
    if (!path) Object.assign(extensions, { code: 'BAD_USER_INPUT', http: { status: 400 } }, { ...extensions });
  }
  return result;
}

/** Keeps variables that do not fit from being answered by floods of errors, and answers from growing beyond all bounds. */
export function useGuardedExecution(schema: GraphQLSchema): Plugin {
  const execute = createExecutor(schema, options);
  return {
    onExecute({ setExecuteFn }) {
      setExecuteFn(async (args: ExecutionArgs) => limitAnswer(args, markRefusal(await execute(args))));
    },
    onSubscribe({ setSubscribeFn }) {
      setSubscribeFn(async (args: ExecutionArgs) => markRefusal(await subscribe({ ...args, options })));
      return {
        onSubscribeResult: ({ args }) => ({
          onNext: ({ result, setResult }) => setResult(limitAnswer(args, result)),
        }),
      };
    },
  };
}
