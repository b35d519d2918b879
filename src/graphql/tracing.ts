import { type ExecutionArgs, getOperationAST } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { TraceStep, Tracer } from '../monitor.ts';

function describeOperation({ document, operationName }: ExecutionArgs): TraceStep {
  const operation = getOperationAST(document, operationName);
  const { operation: type = 'query', name } = operation ?? {};
  return {
    name: `graphql ${type}`,
    attributes: { 'graphql.operation.type': type, ...(name && { 'graphql.operation.name': name.value.slice(0, 100) }) },
  };
}

/** Makes a step of a trace of every operation that is executed. It comes after whatever else chooses how to execute. */
export function useTracing(tracer: Tracer): Plugin {
  return {
    onExecute({ executeFn, setExecuteFn }) {
      const execute = executeFn as (args: ExecutionArgs) => object | Promise<object>;
      setExecuteFn((args: ExecutionArgs) => tracer.trace(describeOperation(args), () => execute(args)));
    },
  };
}
