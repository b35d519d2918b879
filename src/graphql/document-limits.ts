import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  OperationTypeNode,
  type OperationDefinitionNode,
  getNamedType,
  getOperationAST,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { limits } from '../contract/limits.ts';
import { findAnswerLength } from './answer-length.ts';
import { type SentVariables, estimateCost, listRootFields } from './document-cost.ts';
import { measureShape } from './document-shape.ts';
import { DocumentRefusedError, createInputError } from './errors.ts';
import type { Guard } from './guarded-execution.ts';

const { document: documentLimits } = limits.graphql;

type Parse = (source: string, options?: object) => DocumentNode;

function findShapeProblem(document: DocumentNode): string | undefined {
  const { operations, selections, directives, depth } = documentLimits;
  const shape = measureShape(document, depth);
  if (shape.operations > operations) return `A document may hold ${operations} operations at most.`;
  if (shape.selections > selections) return `A document may select ${selections} fields and fragments at most.`;
  if (shape.directives > directives) return `A document may hold ${directives} directives at most.`;
  if (shape.depth > depth) return `A document may nest selections ${depth} levels deep at most.`;
  return undefined;
}

/** Parses a document that keeps within the limits of what is written; throws a DocumentRefusedError for any other. */
export function parseWithinLimits(source: string, parse: Parse, options?: object): DocumentNode {
  try {
    const document = parse(source, { ...options, maxTokens: documentLimits.tokens });
    const problem = findShapeProblem(document);
    if (problem !== undefined) throw new DocumentRefusedError(problem);
    return document;
  } catch (error) {
    // The parser and everything after it go down into a document by calling themselves.
    if (error instanceof RangeError) throw new DocumentRefusedError('The document is nested too deeply.');
    if (error instanceof GraphQLError && error.message.endsWith('tokens. Parsing aborted.')) {
      const most = `A document may hold ${documentLimits.tokens} tokens at most`;
      throw new DocumentRefusedError(`${most}: send what is long as variables, or in several requests.`);
    }
    throw error;
  }
}

function findCrowd(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): string | undefined {
  const { rootFields, bulkUpserts } = documentLimits;
  const fields = listRootFields(document, operation);
  const isMutation = operation.operation === OperationTypeNode.MUTATION;
  const types = isMutation ? (schema.getMutationType()?.getFields() ?? {}) : {};
  const bulk = fields.filter(({ name }) => {
    const field = types[name.value];
    return field && findAnswerLength(getNamedType(field.type));
  });
  if (bulk.length > bulkUpserts) return `A request may hold ${bulkUpserts} bulk upserts at most.`;
  if (fields.length <= rootFields) return undefined;
  return isMutation
    ? `A request may hold ${rootFields} upserts at most: a bulk upsert takes more.`
    : `An operation may select ${rootFields} fields of ${operation.operation} at most: ask in several requests.`;
}

/** What is known of an operation whatever its variables are: that it is refused, or that it cannot cost too much. */
export type Verdict = { readonly refusal: string | undefined; readonly isCheap: boolean };

/** Judges operations of valid documents; the verdicts of one are remembered for as long as the document is. */
export function createJudge(schema: GraphQLSchema) {
  const verdicts = new WeakMap<OperationDefinitionNode, Verdict>();
  const { lists, cost } = documentLimits;

  const judge = (document: DocumentNode, operation: OperationDefinitionNode): Verdict => {
    const crowd = findCrowd(schema, document, operation);
    if (crowd !== undefined) return { refusal: crowd, isCheap: false };
    const worst = estimateCost(schema, document, operation, undefined);
    const refusal =
      worst.lists > lists
        ? `The operation reads ${worst.lists} lists, and ${lists} is the most: ask in several requests.`
        : undefined;
    return { refusal, isCheap: worst.cost <= cost };
  };

  /** What is wrong with an operation; only one that could cost too much is looked at again with its variables. */
  return (document: DocumentNode, operation: OperationDefinitionNode, variables: SentVariables): string | undefined => {
    const verdict = verdicts.get(operation) ?? judge(document, operation);
    verdicts.set(operation, verdict);
    if (verdict.refusal !== undefined || verdict.isCheap) return verdict.refusal;
    const estimate = estimateCost(schema, document, operation, variables ?? {});
    if (estimate.cost <= cost) return undefined;
    return (
      `The operation could answer ${estimate.cost} fields and records, and ${cost} is the most: ask for shorter pages ` +
      '(`first`, `last`), fewer lists within lists or fewer fields, or in several requests.'
    );
  };
}

/** Refuses documents that hold more than they may, before anything else looks at them. */
export function useDocumentLimits(): Plugin {
  return {
    onParse({ parseFn, setParseFn }) {
      setParseFn((source: string, options?: object) => parseWithinLimits(source, parseFn as Parse, options));
    },
  };
}

/** Refuses operations that could cost more than they may. */
export function createCostGuard(schema: GraphQLSchema): Guard {
  const judge = createJudge(schema);
  return ({ document, operationName, variableValues }) => {
    const operation = getOperationAST(document, operationName);
    const problem = operation ? judge(document, operation, variableValues ?? {}) : undefined;
    return problem === undefined ? undefined : createInputError(problem);
  };
}
