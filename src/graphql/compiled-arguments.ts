import { type FieldNode, type GraphQLArgument, type GraphQLField, Kind, isNonNullType, valueFromAST } from 'graphql';
import { unfit } from './unfit.ts';

type Values = Readonly<Record<string, unknown>>;

/** Puts the value of one argument into `coerced`. */
type ReadArgument = (variables: Values, coerced: Record<string, unknown>) => void;

function compileArgument(
  { name, type, defaultValue }: GraphQLArgument,
  { arguments: nodes = [] }: FieldNode,
): ReadArgument {
  const value = nodes.find((each) => each.name.value === name)?.value;
  const readAbsent: ReadArgument = (_, coerced) => {
    if (defaultValue !== undefined) coerced[name] = defaultValue;
    else if (isNonNullType(type)) throw unfit;
  };
  if (!value) return readAbsent;
  if (value.kind !== Kind.VARIABLE) {
    return (variables, coerced) => {
      const read: unknown = valueFromAST(value, type, variables);
      if (read === undefined) throw unfit;
      coerced[name] = read;
    };
  }
  const variable = value.name.value;
  return (variables, coerced) => {
    if (!Object.hasOwn(variables, variable)) {
      readAbsent(variables, coerced);
      return;
    }
    const read = variables[variable];
    if (read === null && isNonNullType(type)) throw unfit;
    coerced[name] = read;
  };
}

/**
 * Compiles the reading of a field's arguments from variables that are coerced by now. Where graphql-js would find fault with
 * any, it throws `unfit`.
 */
export function compileArguments(
  { args }: GraphQLField<unknown, unknown>,
  node: FieldNode,
): (variables: Values) => Record<string, unknown> {
  const readings = args.map((argument) => compileArgument(argument, node));
  return (variables) => {
    const coerced: Record<string, unknown> = {};
    for (const read of readings) read(variables, coerced);
    return coerced;
  };
}
