import {
  type DocumentNode,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLLeafType,
  GraphQLScalarType,
  GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  type VariableDefinitionNode,
  getOperationAST,
  isInputObjectType,
  isInputType,
  isListType,
  isNonNullType,
  typeFromAST,
  valueFromAST,
} from 'graphql';

type Values = Readonly<Record<string, unknown>>;
type Coerce = (value: unknown) => unknown;

/** An operation whose variables are coerced already when it is executed. */
export type CompiledOperation = {
  readonly document: DocumentNode;
  /** The values as graphql-js would coerce them; undefined where it would find fault with any. */
  readonly coerce: (values: Values) => Values | undefined;
};

export type VariableCompiler = {
  /** The schema with the type of coerced variables, for executing compiled operations. */
  readonly schema: GraphQLSchema;
  /** What was compiled of an operation; undefined for one that is to be executed as it is. */
  readonly find: (document: DocumentNode, operationName: string | null | undefined) => CompiledOperation | undefined;
};

/** Says that graphql-js has to tell what is wrong. */
const unfit = new Error('A variable does not fit.');

const coercedVariable = new GraphQLScalarType({ name: 'CoercedVariable', parseValue: (value) => value });

function isObject(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function compileLeaf(type: GraphQLLeafType): Coerce {
  return (value) => {
    const parsed: unknown = type.parseValue(value);
    if (parsed === undefined) throw unfit;
    return parsed;
  };
}

/** Compiles each input type once, when it is first met: they may contain themselves. */
function createTypeCompiler(): (type: GraphQLInputType) => Coerce {
  const objects = new Map<GraphQLInputObjectType, Coerce>();

  const compileObject = (type: GraphQLInputObjectType): Coerce => {
    const all = Object.values(type.getFields());
    const coercions = new Map(all.map(({ name, type: fieldType }) => [name, compile(fieldType)]));
    const fixed = all.filter(
      ({ defaultValue, type: fieldType }) => defaultValue !== undefined || isNonNullType(fieldType),
    );
    return (value) => {
      if (!isObject(value)) throw unfit;
      const coerced: Record<string, unknown> = {};
      let count = 0;
      for (const name in value) {
        const coerce = coercions.get(name);
        const field = value[name];
        if (!coerce || (type.isOneOf && field === null)) throw unfit;
        if (field === undefined) continue;
        coerced[name] = coerce(field);
        count += 1;
      }
      if (type.isOneOf && count !== 1) throw unfit;
      for (const { name, defaultValue } of fixed) {
        if (value[name] !== undefined) continue;
        if (defaultValue === undefined) throw unfit;
        coerced[name] = defaultValue;
      }
      return coerced;
    };
  };
  const findObject = (type: GraphQLInputObjectType): Coerce => {
    const found = objects.get(type);
    if (found) return found;
    let compiled: Coerce | undefined;
    const coerce: Coerce = (value) => (compiled ??= compileObject(type))(value);
    objects.set(type, coerce);
    return coerce;
  };
  const compilePresent = (type: GraphQLInputType): Coerce => {
    if (isListType(type)) {
      const coerceItem = compile(type.ofType);
      return (value) => (Array.isArray(value) ? value.map(coerceItem) : [coerceItem(value)]);
    }
    if (isInputObjectType(type)) return findObject(type);
    return isNonNullType(type) ? compile(type) : compileLeaf(type);
  };
  const compile = (type: GraphQLInputType): Coerce => {
    const coerce = compilePresent(isNonNullType(type) ? type.ofType : type);
    if (!isNonNullType(type)) return (value) => (value === null ? null : coerce(value));
    return (value) => {
      if (value === null) throw unfit;
      return coerce(value);
    };
  };
  return compile;
}

/** Coerces the value of one variable into `coerced`. */
type CoerceVariable = (values: Values, coerced: Record<string, unknown>) => void;

function compileVariable(
  schema: GraphQLSchema,
  { variable, type: typeNode, defaultValue }: VariableDefinitionNode,
  compile: (type: GraphQLInputType) => Coerce,
): CoerceVariable | undefined {
  const type = typeFromAST(schema, typeNode);
  if (!isInputType(type)) return undefined;
  const name = variable.name.value;
  const coerce = compile(type);
  const otherwise: unknown = defaultValue && valueFromAST(defaultValue, type);
  return (values, coerced) => {
    if (Object.hasOwn(values, name)) coerced[name] = coerce(values[name]);
    else if (otherwise !== undefined) coerced[name] = otherwise;
    else if (isNonNullType(type)) throw unfit;
  };
}

/** The document with an operation that takes its variables as they are. */
function takeCoerced(document: DocumentNode, operation: OperationDefinitionNode): DocumentNode {
  const type = { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: coercedVariable.name } } as const;
  const variableDefinitions = (operation.variableDefinitions ?? []).map(({ variable }): VariableDefinitionNode => ({
    kind: Kind.VARIABLE_DEFINITION,
    variable,
    type,
  }));
  const definitions = document.definitions.map((definition) =>
    definition === operation ? { ...operation, variableDefinitions } : definition,
  );
  return { ...document, definitions };
}

/**
 * Coerces the variables of mutations by functions that are made once for each type and operation, where graphql-js walks
 * through all fields of the types each time. Whatever does not fit is left to graphql-js, so that it tells of errors.
 */
export function createVariableCompiler(schema: GraphQLSchema): VariableCompiler {
  const config = schema.toConfig();
  const compileType = createTypeCompiler();
  const operations = new WeakMap<OperationDefinitionNode, CompiledOperation | null>();

  const compile = (document: DocumentNode, operation: OperationDefinitionNode): CompiledOperation | null => {
    const variables = (operation.variableDefinitions ?? []).map((each) => compileVariable(schema, each, compileType));
    const coercions = variables.filter((each) => each !== undefined);
    if (coercions.length < variables.length) return null;
    return {
      document: takeCoerced(document, operation),
      coerce: (values) => {
        const coerced: Record<string, unknown> = {};
        try {
          for (const coerceVariable of coercions) coerceVariable(values, coerced);
          return coerced;
        } catch {
          return undefined;
        }
      },
    };
  };
  return {
    schema: new GraphQLSchema({ ...config, types: [...config.types, coercedVariable], assumeValid: true }),
    find: (document, operationName) => {
      const operation = getOperationAST(document, operationName);
      if (operation?.operation !== OperationTypeNode.MUTATION) return undefined;
      const known = operations.get(operation);
      if (known !== undefined) return known ?? undefined;
      const compiled = compile(document, operation);
      operations.set(operation, compiled);
      return compiled ?? undefined;
    },
  };
}
