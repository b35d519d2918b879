import {
  type DocumentNode,
  type ExecutionResult,
  type GraphQLSchema,
  OperationTypeNode,
  getOperationAST,
} from 'graphql';
import type { GraphQLParams, Plugin } from 'graphql-yoga';
import type { GraphContext } from './context.ts';
import type { GuardedExecution, PendingOperation } from './guarded-execution.ts';
import { isObject } from './is-object.ts';

/** A query or mutation that is known to be valid. */
export type KnownOperation = Pick<PendingOperation, 'document' | 'operationName' | 'variableValues'>;

type Documents = { readonly get: (text: string) => DocumentNode | undefined };

/** A document sent whole, with nothing that plugins know of. */
type UsualParams = {
  readonly query: string;
  readonly operationName?: string | null | undefined;
  readonly variables?: { readonly [name: string]: unknown } | null | undefined;
};

const usualNames: ReadonlySet<string> = new Set<keyof UsualParams>(['query', 'operationName', 'variables']);

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isLeftOutOr<Value>(
  isOfType: (value: unknown) => value is Value,
  value: unknown,
): value is Value | null | undefined {
  return value === undefined || value === null || isOfType(value);
}

/** The parameters of a request, of whatever type they are, where they are the usual ones. */
function readUsual(params: GraphQLParams): UsualParams | undefined {
  const { query, operationName, variables }: { readonly [Name in keyof UsualParams]?: unknown } = params;
  for (const name in params) if (!usualNames.has(name)) return undefined;
  const isUsual = isText(query) && isLeftOutOr(isText, operationName) && isLeftOutOr(isObject, variables);
  return isUsual ? { query, operationName, variables } : undefined;
}

/** Whether there is nothing to a result but data: errors and streams have rules of their own. */
export function isPlain(result: object): result is ExecutionResult {
  return 'data' in result && !('errors' in result && result.errors) && !('extensions' in result && result.extensions);
}

/**
 * Executes operations that are known to be valid past Yoga's hooks, which take as long as all the rest of a request. What is
 * refused, or does not end in plain data, is for Yoga to tell of: it meets it by the plugin, and executes nothing twice.
 */
export class ShortWay {
  readonly #schema: GraphQLSchema;
  readonly #execution: GuardedExecution;
  /** The documents that Yoga has parsed, by their text. */
  readonly #documents: Documents;
  readonly #valid = new WeakSet<DocumentNode>();
  /** What the last operation of a request has come to, where it is for Yoga to tell. */
  readonly #outcomes = new WeakMap<Request, Promise<ExecutionResult>>();

  constructor(schema: GraphQLSchema, execution: GuardedExecution, documents: Documents) {
    this.#schema = schema;
    this.#execution = execution;
    this.#documents = documents;
  }

  /** Comes after whatever else chooses how to execute. */
  get plugin(): Plugin<GraphContext> {
    return {
      onExecute: ({ args, setExecuteFn }) => {
        const outcome = this.#outcomes.get(args.contextValue.request);
        if (outcome) setExecuteFn(() => outcome);
      },
    };
  }

  /** Remembers that Yoga has found valid what was sent, where that is a document and nothing beside it. */
  noteValid(params: GraphQLParams): void {
    const sent = readUsual(params);
    const document = sent && this.#documents.get(sent.query);
    if (document) this.#valid.add(document);
  }

  /** What was sent, where it is a query or mutation that was found valid before, and nothing beside it. */
  find(params: GraphQLParams): KnownOperation | undefined {
    const sent = readUsual(params);
    const document = sent && this.#documents.get(sent.query);
    if (!document || !this.#valid.has(document)) return undefined;
    const { operationName, variables: variableValues } = sent;
    const type = getOperationAST(document, operationName)?.operation;
    const isKnown = type === OperationTypeNode.QUERY || type === OperationTypeNode.MUTATION;
    return isKnown ? { document, operationName, variableValues } : undefined;
  }

  /** The result of a request's operation, one at a time; undefined where Yoga is to be asked for it, executed or not. */
  async execute(operation: KnownOperation, contextValue: GraphContext): Promise<ExecutionResult | undefined> {
    const { request } = contextValue;
    const pending = { schema: this.#schema, ...operation, contextValue };
    this.#outcomes.delete(request);
    if (this.#execution.refuse(pending)) return undefined;
    const outcome = this.#execution.execute(pending);
    try {
      const result = await outcome;
      if (isPlain(result)) return result;
    } catch {
      // Yoga meets it again.
    }
    this.#outcomes.set(request, outcome);
    return undefined;
  }
}
