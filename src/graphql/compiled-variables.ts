import {
  type GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLLeafType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type VariableDefinitionNode,
  isInputObjectType,
  isInputType,
  isListType,
  isNonNullType,
  typeFromAST,
  valueFromAST,
} from 'graphql';
import { isObject } from './is-object.ts';
import { unfit } from './unfit.ts';

type Values = Readonly<Record<string, unknown>>;
type Coerce = (value: unknown) => unknown;

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
): CoerceVariable {
  const type = typeFromAST(schema, typeNode);
  if (!isInputType(type)) throw unfit;
  const name = variable.name.value;
  // A name like any other for graphql-js, and none for the objects made here.
  if (name === '__proto__') throw unfit;
  const coerce = compile(type);
  const otherwise: unknown = defaultValue && valueFromAST(defaultValue, type);
  return (values, coerced) => {
    if (Object.hasOwn(values, name)) coerced[name] = coerce(values[name]);
    else if (otherwise !== undefined) coerced[name] = otherwise;
    else if (isNonNullType(type)) throw unfit;
  };
}

/** The values of all variables as graphql-js would coerce them. Throws `unfit` where it would find fault with any. */
export type CoerceVariables = (values: Values) => Values;

/**
 * Compiles the coercion of an operation's variables, by functions that are made once for each type, where graphql-js walks
 * through all fields of the types each time. Throws `unfit` for types that it does not know.
 */
export function createVariableCompiler(schema: GraphQLSchema): (operation: OperationDefinitionNode) => CoerceVariables {
  const compileType = createTypeCompiler();
  return ({ variableDefinitions = [] }) => {
    const coercions = variableDefinitions.map((each) => compileVariable(schema, each, compileType));
    return (values) => {
      const coerced: Record<string, unknown> = {};
      for (const coerceVariable of coercions) coerceVariable(values, coerced);
      return coerced;
    };
  };
}
