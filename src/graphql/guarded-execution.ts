import { type ExecutionArgs, type ExecutionResult, type GraphQLSchema, getOperationAST, subscribe } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { limits } from '../contract/limits.ts';
import type { TraceStep, Tracer } from '../monitor.ts';
import { limitAnswer } from './answer-limit.ts';
import { createExecutor } from './compiled-execution.ts';
import type { GraphContext } from './context.ts';

/** A valid operation, about to be executed. */
export type PendingOperation = ExecutionArgs & { readonly contextValue: GraphContext };

/** Answers why an operation is not executed, if so. */
export type Guard = (operation: PendingOperation) => Error | undefined;

type Result = ExecutionResult | AsyncIterable<ExecutionResult>;

/** How operations are executed, whichever way they come. */
export type GuardedExecution = {
  readonly refuse: Guard;
  readonly execute: (args: ExecutionArgs) => Promise<ExecutionResult>;
  readonly subscribe: (args: ExecutionArgs) => Promise<Result>;
};

type ExecutionOptions = {
  /** The first that has something against an operation is heard. */
  readonly guards: readonly Guard[];
  /** Whether errors make no guesses at what of the schema was meant. */
  readonly hidesSuggestions: boolean;
  /** Makes a step of a trace of every operation that is executed. */
  readonly tracer: Tracer | undefined;
};

/** Errors without a path are those of the request: its variables do not fit. They are answered with 400. */
function markRefusal<Answer extends object>(result: Answer | ExecutionResult): Answer | ExecutionResult {
  if (!('errors' in result)) return result;
  for (const { extensions, path } of result.errors ?? []) {
    if (!path) Object.assign(extensions, { code: 'BAD_USER_INPUT', http: { status: 400 } }, { ...extensions });
  }
  return result;
}

function describeOperation({ document, operationName }: ExecutionArgs): TraceStep {
  const operation = getOperationAST(document, operationName);
  const { operation: type = 'query', name } = operation ?? {};
  return {
    name: `graphql ${type}`,
    attributes: { 'graphql.operation.type': type, ...(name && { 'graphql.operation.name': name.value.slice(0, 100) }) },
  };
}

/** Keeps variables that do not fit from being answered by floods of errors, and answers from growing beyond all bounds. */
export function createGuardedExecution(
  schema: GraphQLSchema,
  { guards, hidesSuggestions: hideSuggestions, tracer }: ExecutionOptions,
): GuardedExecution {
  const options = { maxCoercionErrors: limits.graphql.wrongVariables };
  const executeFully = createExecutor(schema, { hideSuggestions, options });
  const execute = async (args: ExecutionArgs) => limitAnswer(args, markRefusal(await executeFully(args)));
  return {
    refuse: (operation) => {
      for (const guard of guards) {
        const error = guard(operation);
        if (error) return error;
      }
      return undefined;
    },
    execute: tracer ? (args) => tracer.trace(describeOperation(args), () => execute(args)) : execute,
    subscribe: async (args) => markRefusal(await subscribe({ ...args, hideSuggestions, options })),
  };
}

type Stop = (result: { errors: Error[] }) => void;

/** Has Yoga execute this way. */
export function useGuardedExecution({ refuse, execute, subscribe }: GuardedExecution): Plugin<GraphContext> {
  const isRefused = (operation: PendingOperation, stop: Stop): boolean => {
    const error = refuse(operation);
    if (error) stop({ errors: [error] });
    return error !== undefined;
  };
  return {
    onExecute({ args, setExecuteFn, setResultAndStopExecution }) {
      if (!isRefused(args, setResultAndStopExecution)) setExecuteFn(execute);
    },
    onSubscribe({ args, setSubscribeFn, setResultAndStopExecution }) {
      if (isRefused(args, setResultAndStopExecution)) return undefined;
      setSubscribeFn(subscribe);
      return {
        onSubscribeResult: ({ args: of }) => ({
          onNext: ({ result, setResult }) => setResult(limitAnswer(of, result)),
        }),
      };
    },
  };
}
