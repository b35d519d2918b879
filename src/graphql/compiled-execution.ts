import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLFieldResolver,
  GraphQLObjectType,
  GraphQLSchema,
  type OperationDefinitionNode,
  OperationTypeNode,
  defaultFieldResolver,
  execute,
  getOperationAST,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import {
  type CompiledField,
  type Data,
  type Execution,
  type Path,
  SelectionCompiler,
  executeFields,
} from './compiled-selection.ts';
import { type CoerceVariables, createVariableCompiler } from './compiled-variables.ts';
import { unfit } from './unfit.ts';

/** An operation whose variables and selections are compiled. */
type CompiledOperation = {
  readonly coerce: CoerceVariables;
  readonly fields: readonly CompiledField[];
  /** What it takes of memory with its document, in kilobytes. */
  readonly size: number;
};

/** Those used last are kept, of so many kilobytes together: hundreds of usual ones. A long document would not be met again. */
const mostKept = 50_000;

/** For each field that is compiled, and for each character of its document, whose parsed form is kept with it. */
const kilobytes = { field: 1, character: 0.3 } as const;

const refuseVariables: CoerceVariables = () => {
  throw unfit;
};

function measure({ loc }: OperationDefinitionNode, fields: number): number {
  const characters = loc?.source.body.length ?? 0;
  return Math.ceil(1 + fields * kilobytes.field + characters * kilobytes.character);
}

/** Stands for an operation that graphql-js is to execute. */
function leaveToGraphql(operation: OperationDefinitionNode): CompiledOperation {
  return { coerce: refuseVariables, fields: [], size: measure(operation, 0) };
}

/** What the resolvers of an operation's own fields have answered, by the names in the answer. */
class RootAnswers {
  readonly rootValue: unknown;
  readonly #answers = new Map<string | number, () => unknown>();

  constructor(rootValue: unknown) {
    this.rootValue = rootValue;
  }

  /** Answers what the resolver of a field answers or throws, and remembers it. */
  resolve(field: CompiledField, execution: Execution, path: Path): unknown {
    try {
      const value = field.resolve(this.rootValue, execution, path);
      this.#answers.set(field.key, () => value);
      return value;
    } catch (error) {
      this.#answers.set(field.key, () => {
        throw error;
      });
      throw error;
    }
  }

  find(key: string | number): (() => unknown) | undefined {
    return this.#answers.get(key);
  }
}

/** The type with resolvers that answer what was answered before: each is asked once, since what it does may be done then. */
function replayAnswers(type: GraphQLObjectType): GraphQLObjectType {
  const config = type.toConfig();
  const fields = Object.entries(config.fields).map(([name, field]) => {
    const { resolve = defaultFieldResolver } = field;
    const replay: GraphQLFieldResolver<unknown, unknown> = (source, args, context, info): unknown => {
      if (!(source instanceof RootAnswers)) return resolve(source, args, context, info);
      const answer = source.find(info.path.key);
      return answer ? answer() : resolve(source.rootValue, args, context, info);
    };
    return [name, { ...field, resolve: replay }] as const;
  });
  return new GraphQLObjectType({ ...config, fields: Object.fromEntries(fields) });
}

function createReplaySchema(schema: GraphQLSchema): GraphQLSchema {
  const { query, mutation, types, ...config } = schema.toConfig();
  return new GraphQLSchema({
    ...config,
    query: query && replayAnswers(query),
    mutation: mutation && replayAnswers(mutation),
    types: types.filter((type) => type !== query && type !== mutation),
    assumeValid: true,
  });
}

/** The fields of a mutation, one after the other. */
async function executeSerially(
  fields: readonly CompiledField[],
  answers: RootAnswers,
  execution: Execution,
): Promise<Data> {
  const data: Data = {};
  for (const field of fields) {
    const path = field.pathFrom(undefined);
    data[field.key] = await field.complete(answers.resolve(field, execution, path), execution, path);
  }
  return data;
}

/**
 * Executes operations by functions that are made once for each of them, where graphql-js walks through document and types
 * each time. Only what succeeds is answered this way: whatever does not compile, whose variables do not fit, or that fails
 * in the middle graphql-js executes, with what the operation's own fields have answered, so that it tells of errors and
 * nothing is written twice. `options` are for graphql-js.
 */
export function createExecutor(
  schema: GraphQLSchema,
  options: Pick<ExecutionArgs, 'hideSuggestions' | 'options'>,
): typeof execute {
  const operations = new LRUCache<OperationDefinitionNode, CompiledOperation>({
    maxSize: mostKept,
    sizeCalculation: ({ size }) => size,
  });
  const compileVariables = createVariableCompiler(schema);
  const replaySchema = createReplaySchema(schema);

  const compile = (document: DocumentNode, operation: OperationDefinitionNode): CompiledOperation => {
    const type = schema.getRootType(operation.operation);
    if (!type || operation.operation === OperationTypeNode.SUBSCRIPTION) return leaveToGraphql(operation);
    try {
      const compiler = new SelectionCompiler(schema, document, operation);
      const fields = compiler.compile(type, [operation.selectionSet]);
      return { coerce: compileVariables(operation), fields, size: measure(operation, compiler.count) };
    } catch {
      return leaveToGraphql(operation);
    }
  };
  const findCompiled = (document: DocumentNode, operation: OperationDefinitionNode): CompiledOperation => {
    const known = operations.get(operation);
    if (known) return known;
    const compiled = compile(document, operation);
    operations.set(operation, compiled);
    return compiled;
  };
  const run = async (
    { operation }: OperationDefinitionNode,
    { fields }: CompiledOperation,
    execution: Execution,
    answers: RootAnswers,
  ): Promise<ExecutionResult> => {
    if (operation === OperationTypeNode.MUTATION) return { data: await executeSerially(fields, answers, execution) };
    const read = (field: CompiledField, path: Path) => answers.resolve(field, execution, path);
    return { data: await executeFields(fields, read, execution, undefined) };
  };
  return (args) => {
    const { document, operationName, rootValue, contextValue } = args;
    const operation = getOperationAST(document, operationName);
    const compiled = operation && findCompiled(document, operation);
    if (!compiled) return execute({ ...args, ...options });
    let variableValues: Execution['variableValues'];
    try {
      variableValues = compiled.coerce(args.variableValues ?? {});
    } catch {
      return execute({ ...args, ...options });
    }
    const answers = new RootAnswers(rootValue);
    return run(operation, compiled, { rootValue, variableValues, contextValue }, answers).catch(() =>
      execute({ ...args, schema: replaySchema, rootValue: answers, ...options }),
    );
  };
}
