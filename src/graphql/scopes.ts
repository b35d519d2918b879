import {
  type DocumentNode,
  type GraphQLSchema,
  OperationTypeNode,
  getNamedType,
  getOperationAST,
  isObjectType,
  visit,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { type Caller, type Scope, hasScope } from '../actor.ts';
import { texts } from '../contract/errors.ts';
import type { GraphContext } from './context.ts';
import { createClientError } from './errors.ts';

type Operation = { readonly document: DocumentNode; readonly operationName?: string | null };

/** The names of the fields that hold lists which go on in pages. */
function listConnectionFields(schema: GraphQLSchema): ReadonlySet<string> {
  const fields = Object.values(schema.getTypeMap()).flatMap((type) =>
    isObjectType(type) ? Object.values(type.getFields()) : [],
  );
  return new Set(fields.filter(({ type }) => getNamedType(type).name.endsWith('Connection')).map(({ name }) => name));
}

function selectsAny(document: DocumentNode, fields: ReadonlySet<string>): boolean {
  let found = false;
  visit(document, { Field: ({ name }) => void (found ||= fields.has(name.value)) });
  return found;
}

/**
 * Refuses operations that their caller is not allowed: queries and subscriptions need `read`, mutations `write`. A mutation may
 * tell of what it wrote, but lists are for readers.
 */
export function useScopes(schema: GraphQLSchema): Plugin<GraphContext> {
  const connectionFields = listConnectionFields(schema);

  const findMissing = ({ document, operationName }: Operation, caller: Caller): Scope | undefined => {
    const type = getOperationAST(document, operationName)?.operation;
    const scope = type === OperationTypeNode.MUTATION ? 'write' : 'read';
    if (!hasScope(caller, scope)) return scope;
    return !hasScope(caller, 'read') && selectsAny(document, connectionFields) ? 'read' : undefined;
  };
  const refuse = (args: Operation & { contextValue: GraphContext }, stop: (result: { errors: Error[] }) => void) => {
    const missing = findMissing(args, args.contextValue.actor);
    if (missing !== undefined) stop({ errors: [createClientError('forbidden', texts.missingScope(missing))] });
  };
  return {
    onExecute: ({ args, setResultAndStopExecution }) => refuse(args, setResultAndStopExecution),
    onSubscribe: ({ args, setResultAndStopExecution }) => refuse(args, setResultAndStopExecution),
  };
}
