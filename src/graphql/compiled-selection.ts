import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLAbstractType,
  type GraphQLField,
  type GraphQLLeafType,
  type GraphQLNamedOutputType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  Kind,
  type NamedTypeNode,
  type OperationDefinitionNode,
  type SelectionSetNode,
  defaultTypeResolver,
  getNamedType,
  isAbstractType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  typeFromAST,
} from 'graphql';
import { compileArguments } from './compiled-arguments.ts';
import { unfit } from './unfit.ts';

export type Path = GraphQLResolveInfo['path'];

/** An object of the answer. */
export type Data = Record<string, unknown>;

/** What all fields of one execution share. */
export type Execution = Pick<GraphQLResolveInfo, 'rootValue' | 'variableValues'> & { readonly contextValue: unknown };

/** One field of an object's selection. */
export type CompiledField = {
  /** What it is called in the answer. */
  readonly key: string;
  readonly pathFrom: (parent: Path | undefined) => Path;
  /** What its resolver answers. */
  readonly resolve: (source: unknown, execution: Execution, path: Path) => unknown;
  /** Makes of that what the answer has; a promise where any of it is one. */
  readonly complete: Complete;
};

type Complete = (value: unknown, execution: Execution, path: Path) => unknown;

/** Each takes about a kilobyte. */
const mostFields = 1_000;

/** Whatever fails first ends the execution; the others are waited for by nobody, and their failures are no accidents. */
function keepQuiet<Result>(promise: Promise<Result>): Promise<Result> {
  promise.catch(() => undefined);
  return promise;
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

/** The answer's fields in their order, put into `data`, of which any may still be a promise. */
export function executeFields(
  fields: readonly CompiledField[],
  read: (field: CompiledField, path: Path) => unknown,
  execution: Execution,
  parent: Path | undefined,
  data: Data = {},
): Data | Promise<Data> {
  let pending: Promise<void>[] | undefined;
  for (const field of fields) {
    const path = field.pathFrom(parent);
    const completed = field.complete(read(field, path), execution, path);
    data[field.key] = completed;
    if (isPromise(completed)) {
      pending ??= [];
      pending.push(keepQuiet(completed.then((value) => void (data[field.key] = value))));
    }
  }
  return pending ? keepQuiet(Promise.all(pending).then(() => data)) : data;
}

function completeList(completeItem: Complete): Complete {
  return (value, execution, path) => {
    if (!Array.isArray(value)) throw unfit;
    const items = value.map((item: unknown, key) =>
      completeItem(item, execution, { prev: path, key, typename: undefined }),
    );
    return items.some(isPromise) ? keepQuiet(Promise.all(items)) : items;
  };
}

function completeLeaf(type: GraphQLLeafType): Complete {
  return (value) => {
    const serialized: unknown = type.serialize(value);
    if (serialized === null || serialized === undefined) throw unfit;
    return serialized;
  };
}

/** What a type answers of a value at once: none of ours has to wait for that. */
function requireSettled(answer: unknown): unknown {
  if (!isPromise(answer)) return answer;
  void keepQuiet(answer);
  throw unfit;
}

function requirePresent(value: unknown): unknown {
  if (value === null) throw unfit;
  return value;
}

function completeRequired(complete: Complete): Complete {
  return (value, execution, path) => {
    const completed = complete(value, execution, path);
    return isPromise(completed) ? keepQuiet(completed.then(requirePresent)) : requirePresent(completed);
  };
}

function completeNullable(complete: Complete): Complete {
  const completeSettled: Complete = (value, execution, path) => {
    if (value === null || value === undefined) return null;
    if (value instanceof Error) throw unfit;
    return complete(value, execution, path);
  };
  return (value, execution, path) =>
    isPromise(value)
      ? keepQuiet(value.then((settled) => completeSettled(settled, execution, path)))
      : completeSettled(value, execution, path);
}

function readProperty(source: unknown, name: string): unknown {
  if (typeof source !== 'object' || source === null) return undefined;
  const value: unknown = Reflect.get(source, name);
  if (typeof value === 'function') throw unfit;
  return value;
}

/** Compiles the selections of one operation. What it cannot compile, and more than `mostFields`, it throws `unfit` for. */
export class SelectionCompiler {
  /** How many fields it has compiled. */
  count = 0;
  readonly #schema: GraphQLSchema;
  readonly #operation: OperationDefinitionNode;
  readonly #fragments: Readonly<Record<string, FragmentDefinitionNode>>;

  constructor(schema: GraphQLSchema, { definitions }: DocumentNode, operation: OperationDefinitionNode) {
    this.#schema = schema;
    this.#operation = operation;
    const fragments = definitions.filter((each) => each.kind === Kind.FRAGMENT_DEFINITION);
    this.#fragments = Object.fromEntries(fragments.map((each) => [each.name.value, each]));
  }

  /** The fields of an object of that type, in the order in which graphql-js answers them. */
  compile(type: GraphQLObjectType, selections: readonly SelectionSetNode[]): readonly CompiledField[] {
    const nodes = new Map<string, FieldNode[]>();
    const seen = new Set<string>();
    for (const selection of selections) this.#collect(type, selection, nodes, seen);
    return Array.from(nodes, ([key, sameKey]) => this.#compileField(type, key, sameKey));
  }

  #collect(
    type: GraphQLObjectType,
    { selections }: SelectionSetNode,
    nodes: Map<string, FieldNode[]>,
    seen: Set<string>,
  ): void {
    for (const selection of selections) {
      if (selection.directives?.length) throw unfit;
      if (selection.kind === Kind.FIELD) {
        const key = selection.alias?.value ?? selection.name.value;
        const sameKey = nodes.get(key);
        if (sameKey) sameKey.push(selection);
        else nodes.set(key, [selection]);
        continue;
      }
      const isSpread = selection.kind === Kind.FRAGMENT_SPREAD;
      if (isSpread && seen.has(selection.name.value)) continue;
      if (isSpread) seen.add(selection.name.value);
      const fragment = isSpread ? this.#fragments[selection.name.value] : selection;
      if (fragment && this.#applies(fragment.typeCondition, type))
        this.#collect(type, fragment.selectionSet, nodes, seen);
    }
  }

  #applies(typeCondition: NamedTypeNode | undefined, type: GraphQLObjectType): boolean {
    if (!typeCondition) return true;
    const condition = typeFromAST(this.#schema, typeCondition);
    return condition === type || (isAbstractType(condition) && this.#schema.isSubType(condition, type));
  }

  #compileField(parentType: GraphQLObjectType, key: string, nodes: readonly FieldNode[]): CompiledField {
    this.count += 1;
    // A key like any other for graphql-js, and none for the objects made here.
    if (key === '__proto__' || this.count > mostFields) throw unfit;
    const [node] = nodes;
    const name = node?.name.value ?? '';
    const pathFrom = (prev: Path | undefined): Path => ({ prev, key, typename: parentType.name });
    if (name === '__typename') return { key, pathFrom, resolve: () => parentType.name, complete: (value) => value };
    const field = parentType.getFields()[name];
    if (!node || !field) throw unfit;
    const describe = this.#describe(parentType, field, nodes);
    const complete = this.#compileType(field.type, nodes, describe);
    const resolve = compileResolver(field, node, describe);
    // Nobody asks where a plain property is.
    const isPlain = !field.resolve && isLeafType(getNamedType(field.type));
    const anywhere = pathFrom(undefined);
    return { key, pathFrom: isPlain ? () => anywhere : pathFrom, resolve, complete };
  }

  #describe(
    parentType: GraphQLObjectType,
    field: GraphQLField<unknown, unknown>,
    nodes: readonly FieldNode[],
  ): Describe {
    const schema = this.#schema;
    const operation = this.#operation;
    const fragments = this.#fragments;
    const { name: fieldName, type: returnType } = field;
    return ({ rootValue, variableValues }, path) => ({
      fieldName,
      fieldNodes: nodes,
      returnType,
      parentType,
      path,
      schema,
      fragments,
      rootValue,
      operation,
      variableValues,
    });
  }

  #compileType(type: GraphQLOutputType, nodes: readonly FieldNode[], describe: Describe): Complete {
    if (isNonNullType(type)) return completeRequired(this.#compileType(type.ofType, nodes, describe));
    if (isListType(type)) return completeNullable(completeList(this.#compileType(type.ofType, nodes, describe)));
    return completeNullable(this.#compileNamed(type, nodes, describe));
  }

  #compileNamed(type: GraphQLNamedOutputType, nodes: readonly FieldNode[], describe: Describe): Complete {
    if (isLeafType(type)) return completeLeaf(type);
    const selections = nodes.flatMap(({ selectionSet }) => selectionSet ?? []);
    const compileObject = (each: GraphQLObjectType) => completeObject(each, this.compile(each, selections), describe);
    if (isObjectType(type)) return compileObject(type);
    const possible = this.#schema.getPossibleTypes(type).map((each) => [each.name, compileObject(each)] as const);
    return completeAbstract(type, new Map<unknown, Complete>(possible), describe);
  }
}

/** What graphql-js tells resolvers of the field that they are for. */
type Describe = (execution: Execution, path: Path) => GraphQLResolveInfo;

const noArguments = Object.freeze({});

/** A resolver that does not declare that it takes a description is given one that tells nothing of the execution. */
function compileResolver(
  field: GraphQLField<unknown, unknown>,
  node: FieldNode,
  describe: Describe,
): CompiledField['resolve'] {
  const { resolve, name, args } = field;
  if (!resolve) return (source) => readProperty(source, name);
  const readArguments = args.length === 0 ? () => noArguments : compileArguments(field, node);
  if (resolve.length > 3) {
    return (source, execution, path): unknown =>
      resolve(source, readArguments(execution.variableValues), execution.contextValue, describe(execution, path));
  }
  const nowhere = { rootValue: undefined, variableValues: {}, contextValue: undefined };
  const info = describe(nowhere, { prev: undefined, key: name, typename: undefined });
  return (source, { variableValues, contextValue }): unknown =>
    resolve(source, readArguments(variableValues), contextValue, info);
}

function completeObject(type: GraphQLObjectType, fields: readonly CompiledField[], describe: Describe): Complete {
  // An object to which more than a dozen fields are added by name becomes a slow dictionary; its copies don't.
  const blank: Data = Object.fromEntries(fields.map(({ key }) => [key, undefined]));
  return (value, execution, path) => {
    const isOfType = type.isTypeOf?.(value, execution.contextValue, describe(execution, path)) ?? true;
    if (requireSettled(isOfType) !== true) throw unfit;
    return executeFields(fields, (field, at) => field.resolve(value, execution, at), execution, path, { ...blank });
  };
}

/** `completions` are those of the types that it may be, by their names. */
function completeAbstract(
  type: GraphQLAbstractType,
  completions: ReadonlyMap<unknown, Complete>,
  describe: Describe,
): Complete {
  const resolveType = type.resolveType ?? defaultTypeResolver;
  return (value, execution, path) => {
    const name = requireSettled(resolveType(value, execution.contextValue, describe(execution, path), type));
    const complete = completions.get(name);
    if (!complete) throw unfit;
    return complete(value, execution, path);
  };
}
