import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLOutputType,
  buildSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  isUnionType,
} from 'graphql';
import { packageRoot } from '../../../src/package-root.ts';
import { hostileNumber, hostileText, reference } from './fuzz-values.ts';

const schema = buildSchema(readFileSync(fileURLToPath(new URL('schema.graphql', packageRoot)), 'utf8'));

/** An operation as a client sends it. */
export type Operation = { readonly query: string; readonly variables: Readonly<Record<string, unknown>> };

type Draw = <Value>(arbitrary: fc.Arbitrary<Value>) => Value;

const percent = fc.nat(99);

const anything = fc.jsonValue({ maxDepth: 2 });

function drawScalar(draw: Draw, name: string): unknown {
  switch (name) {
    case 'Boolean':
      return draw(fc.boolean());
    case 'Int':
    case 'Float':
      return draw(fc.oneof({ weight: 9, arbitrary: fc.nat(90) }, { weight: 1, arbitrary: hostileNumber }));
    case 'Upload':
      return null;
    case 'DateTime':
      return draw(fc.constantFrom('2026-01-31T00:00:00Z', '0000-00-00', 'x'));
    default:
      return draw(fc.oneof({ weight: 9, arbitrary: reference }, { weight: 1, arbitrary: hostileText }));
  }
}

/** A value that mostly fits its type. */
function drawValue(draw: Draw, type: GraphQLInputType): unknown {
  if (isNonNullType(type)) return drawValue(draw, type.ofType) ?? draw(reference);
  const luck = draw(fc.nat(499));
  if (luck < 1) return draw(anything);
  if (luck < 30) return null;
  if (isListType(type)) return Array.from({ length: draw(fc.nat(3)) }, () => drawValue(draw, type.ofType));
  if (isEnumType(type)) return draw(fc.constantFrom(...type.getValues().map(({ name }) => name)));
  if (!isInputObjectType(type)) return drawScalar(draw, type.name);
  const fields = Object.values(type.getFields());
  const chance = type.isOneOf ? 100 / fields.length : 30;
  const chosen = fields.filter((field) => isNonNullType(field.type) || draw(percent) < chance);
  return Object.fromEntries(chosen.map((field) => [field.name, drawValue(draw, field.type)]));
}

class Writer {
  readonly variables: Record<string, unknown> = {};
  readonly declarations: string[] = [];
  readonly #draw: Draw;
  #aliases = 0;

  constructor(draw: Draw) {
    this.#draw = draw;
  }

  /** An argument by a variable of its own. */
  writeArgument({ name, type }: GraphQLArgument): string {
    const variable = `v${this.declarations.length}`;
    this.declarations.push(`$${variable}: ${String(type)}`);
    this.variables[variable] = drawValue(this.#draw, type);
    return `${name}: $${variable}`;
  }

  writeField(field: GraphQLField<unknown, unknown>, depth: number): string {
    const used = field.args.filter(
      ({ type, defaultValue }) => (isNonNullType(type) && defaultValue === undefined) || this.#draw(percent) < 25,
    );
    const args = used.map((each) => this.writeArgument(each));
    const alias = this.#draw(fc.nat(9)) === 0 ? `a${(this.#aliases += 1)}: ` : '';
    return `${alias}${field.name}${args.length > 0 ? `(${args.join(', ')})` : ''}${this.writeSelection(field.type, depth)}`;
  }

  writeSelection(output: GraphQLOutputType, depth: number): string {
    const type = getNamedType(output);
    if (isUnionType(type)) {
      const members = type.getTypes().map((member) => `... on ${member.name}${this.writeSelection(member, depth)}`);
      return ` { __typename ${members.join(' ')} }`;
    }
    if (!isObjectType(type) && !isInterfaceType(type)) return '';
    const fields = Object.values(type.getFields());
    const fitting = fields.filter((field) => depth > 0 || !isObjectType(getNamedType(field.type)));
    const chosen = fitting.filter(() => this.#draw(percent) < 25).slice(0, 6);
    return ` { __typename ${chosen.map((field) => this.writeField(field, depth - 1)).join(' ')} }`;
  }
}

function writeOperation(draw: Draw): Operation {
  const isMutation = draw(fc.boolean());
  const root = isMutation ? schema.getMutationType() : schema.getQueryType();
  const fields = Object.values(root?.getFields() ?? {});
  const writer = new Writer(draw);
  const count = 1 + draw(fc.nat(1));
  const selections = Array.from({ length: count }, (_, index) => {
    const field = draw(fc.constantFrom(...fields));
    return `r${index}: ${writer.writeField(field, 3).replace(/^a\d+: /, '')}`;
  });
  const declared = writer.declarations.length > 0 ? `(${writer.declarations.join(', ')})` : '';
  const query = `${isMutation ? 'mutation' : 'query'} ${declared} { ${selections.join(' ')} }`;
  return { query, variables: writer.variables };
}

/** Operations of the schema, with variables that mostly fit. */
export const document: fc.Arbitrary<Operation> = fc
  .gen()
  .map((generate) => writeOperation((arbitrary) => generate(() => arbitrary)));
