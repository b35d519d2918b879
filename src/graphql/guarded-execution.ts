import { type ExecutionArgs, type ExecutionResult, type GraphQLSchema, execute, subscribe } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { limits } from '../contract/limits.ts';
import { createVariableCompiler } from './compiled-variables.ts';

const options = { maxCoercionErrors: limits.graphql.wrongVariables };

/** Errors without a path are those of the request: its variables do not fit. They are answered with 400. */
function markRefusal<Result extends object>(result: Result | ExecutionResult): Result | ExecutionResult {
  if (!('errors' in result)) return result;
  for (const { extensions, path } of result.errors ?? []) {
    if (!path) Object.assign(extensions, { code: 'BAD_USER_INPUT', http: { status: 400 } }, { ...extensions });
  }
  return result;
}

/** Executes with variables that are coerced by compiled functions where they fit, and as they are where not. */
function prepareExecute(schema: GraphQLSchema): typeof execute {
  const compiler = createVariableCompiler(schema);
  return (args) => {
    const operation = compiler.find(args.document, args.operationName);
    const variableValues = operation?.coerce(args.variableValues ?? {});
    if (!operation || !variableValues) return execute({ ...args, options });
    return execute({ ...args, schema: compiler.schema, document: operation.document, variableValues, options });
  };
}

/** Keeps variables that do not fit from being answered by floods of errors. */
export function useGuardedExecution(schema: GraphQLSchema): Plugin {
  const executeCompiled = prepareExecute(schema);
  return {
    onExecute({ setExecuteFn }) {
      setExecuteFn((args: ExecutionArgs) => markRefusal(executeCompiled(args)));
    },
    onSubscribe({ setSubscribeFn }) {
      setSubscribeFn(async (args: ExecutionArgs) => markRefusal(await subscribe({ ...args, options })));
    },
  };
}
