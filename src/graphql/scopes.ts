import {
  type DocumentNode,
  type GraphQLSchema,
  OperationTypeNode,
  getNamedType,
  getOperationAST,
  isObjectType,
  visit,
} from 'graphql';
import { type Scope, hasScope } from '../actor.ts';
import { texts } from '../contract/errors.ts';
import { createClientError } from './errors.ts';
import type { Guard } from './guarded-execution.ts';

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
export function createScopeGuard(schema: GraphQLSchema): Guard {
  const connectionFields = listConnectionFields(schema);
  const findMissing: (...operation: Parameters<Guard>) => Scope | undefined = (operation) => {
    const { document, operationName, contextValue } = operation;
    const type = getOperationAST(document, operationName)?.operation;
    const scope = type === OperationTypeNode.MUTATION ? 'write' : 'read';
    const { actor } = contextValue;
    if (!hasScope(actor, scope)) return scope;
    return !hasScope(actor, 'read') && selectsAny(document, connectionFields) ? 'read' : undefined;
  };
  return (operation) => {
    const missing = findMissing(operation);
    return missing === undefined ? undefined : createClientError('forbidden', texts.missingScope(missing));
  };
}
