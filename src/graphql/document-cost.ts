import {
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  SchemaMetaFieldDef,
  type SelectionNode,
  type SelectionSetNode,
  TypeMetaFieldDef,
  type ValueNode,
  getNamedType,
  getNullableType,
  isCompositeType,
  isListType,
  isUnionType,
} from 'graphql';
import { type AnswerLength, assumedLength, findAnswerLength, findListLength } from './answer-length.ts';

/** Variables as a request sent them, not looked at yet; undefined stands for the most expensive ones. */
export type SentVariables = Readonly<Record<string, unknown>> | undefined;

/** What executing an operation may cost at most. */
export type OperationCost = {
  /** The fields and records that its answer could hold. */
  readonly cost: number;
  /** The lists that are read by statements of their own, each place of the document once. */
  readonly lists: number;
};

/** What a selection costs: once, and again for each element of the lists in it, whose length the field above knows. */
type Part = { readonly once: number; readonly each: number; readonly lists: number };

const leaf: Part = { once: 1, each: 0, lists: 0 };
const nothing: Part = { once: 0, each: 0, lists: 0 };

/** Nobody needs to know more exactly what is far too much; infinity would turn into NaN where it meets zero. */
const ceiling = 1e12;

function add(a: Part, b: Part): Part {
  return {
    once: Math.min(ceiling, a.once + b.once),
    each: Math.min(ceiling, a.each + b.each),
    lists: Math.min(ceiling, a.lists + b.lists),
  };
}

/** One operation with one set of variables. Every selection is looked at once, however often its fragment is used. */
class Estimation {
  readonly #schema: GraphQLSchema;
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly #defaults: ReadonlyMap<string, ValueNode | undefined>;
  readonly #variables: SentVariables;
  readonly #known = new Map<SelectionSetNode, Part>();

  constructor(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: SentVariables,
  ) {
    this.#schema = schema;
    this.#fragments = mapFragments(document);
    this.#defaults = new Map(
      operation.variableDefinitions?.map(({ variable, defaultValue }) => [variable.name.value, defaultValue]),
    );
    this.#variables = variables;
  }

  ofSelections(set: SelectionSetNode, type: GraphQLCompositeType): Part {
    const known = this.#known.get(set);
    if (known) return known;
    const part = set.selections.reduce((sum, selection) => add(sum, this.#ofSelection(selection, type)), nothing);
    this.#known.set(set, part);
    return part;
  }

  #ofSelection(selection: SelectionNode, type: GraphQLCompositeType): Part {
    if (this.#isLeftOut(selection.directives)) return nothing;
    if (selection.kind === Kind.FIELD) return this.#ofField(selection, type);
    const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : this.#fragments.get(selection.name.value);
    const condition = fragment?.typeCondition && this.#schema.getType(fragment.typeCondition.name.value);
    return fragment ? this.ofSelections(fragment.selectionSet, isCompositeType(condition) ? condition : type) : nothing;
  }

  #ofField({ name, arguments: args = [], selectionSet }: FieldNode, parent: GraphQLCompositeType): Part {
    const field = findField(parent, name.value);
    if (!field || !selectionSet) return leaf;
    const type = getNamedType(field.type);
    if (!isCompositeType(type)) return leaf;
    const below = this.ofSelections(selectionSet, type);
    const paging = findAnswerLength(type);
    const length = paging ? this.#lengthOf(paging, args) : assumedLength;
    const record = 1 + below.once + length * below.each;
    if (!isListType(getNullableType(field.type))) {
      return add(nothing, { once: record, each: 0, lists: below.lists + (paging ? 1 : 0) });
    }
    const own = findListLength(field);
    const part = own === undefined ? { once: 1, each: record } : { once: 1 + own * record, each: 0 };
    return add(nothing, { ...part, lists: below.lists + (own === undefined ? 0 : 1) });
  }

  #lengthOf({ by, usual, most }: AnswerLength, args: FieldNode['arguments'] & object): number {
    const values = by.map((name) => this.#count(args.find((argument) => argument.name.value === name)?.value));
    return Math.max(0, Math.min(most, values.find((value) => value !== undefined) ?? usual));
  }

  /** A number as it is, a list as its length; undefined for what is not there. */
  #count(value: ValueNode | undefined): number | undefined {
    if (!value || value.kind === Kind.NULL) return undefined;
    if (value.kind === Kind.INT) return Number(value.value);
    if (value.kind === Kind.LIST) return value.values.length;
    if (value.kind !== Kind.VARIABLE) return 1;
    const name = value.name.value;
    if (!this.#variables) return ceiling;
    if (!Object.hasOwn(this.#variables, name)) return this.#count(this.#defaults.get(name));
    const sent = this.#variables[name];
    if (sent === null || sent === undefined) return undefined;
    if (typeof sent === 'number') return sent;
    return Array.isArray(sent) ? sent.length : 1;
  }

  #isLeftOut(directives: readonly DirectiveNode[] = []): boolean {
    return directives.some(({ name, arguments: [condition] = [] }) => {
      if (name.value !== 'skip' && name.value !== 'include') return false;
      return this.#isTrue(condition?.value) === (name.value === 'skip');
    });
  }

  /** Undefined where it cannot be known. */
  #isTrue(value: ValueNode | undefined): boolean | undefined {
    if (value?.kind === Kind.BOOLEAN) return value.value;
    if (value?.kind !== Kind.VARIABLE || !this.#variables) return undefined;
    const name = value.name.value;
    if (!Object.hasOwn(this.#variables, name)) return this.#isTrue(this.#defaults.get(name));
    const sent = this.#variables[name];
    return typeof sent === 'boolean' ? sent : undefined;
  }
}

function findField(parent: GraphQLCompositeType, name: string): GraphQLField<unknown, unknown> | undefined {
  if (name === SchemaMetaFieldDef.name) return SchemaMetaFieldDef;
  if (name === TypeMetaFieldDef.name) return TypeMetaFieldDef;
  return isUnionType(parent) ? undefined : parent.getFields()[name];
}

function mapFragments({ definitions }: DocumentNode): ReadonlyMap<string, FragmentDefinitionNode> {
  return new Map(
    definitions.flatMap((each) => (each.kind === Kind.FRAGMENT_DEFINITION ? [[each.name.value, each]] : [])),
  );
}

/**
 * The most that an operation of a valid document may cost, before it is executed. Pages count as long as they are asked for,
 * lists without pages by `assumedLength` or what their field says, a fragment as often as it is used. Takes time that
 * grows with the document's length alone.
 */
export function estimateCost(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: SentVariables,
): OperationCost {
  const root = schema.getRootType(operation.operation);
  if (!root) return { cost: 0, lists: 0 };
  const { once, each, lists } = new Estimation(schema, document, operation, variables).ofSelections(
    operation.selectionSet,
    root,
  );
  return { cost: Math.min(ceiling, once + assumedLength * each), lists };
}

/** The fields of the root that an operation of a valid document asks for, those of fragments included, each as it is written. */
export function listRootFields(
  document: DocumentNode,
  { selectionSet }: OperationDefinitionNode,
): readonly FieldNode[] {
  const fragments = mapFragments(document);
  const sets = new Set([selectionSet]);
  const fields: FieldNode[] = [];
  // Sets met on the way are appended, and looked into once.
  for (const { selections } of sets) {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) fields.push(selection);
      else {
        const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments.get(selection.name.value);
        if (fragment) sets.add(fragment.selectionSet);
      }
    }
  }
  return fields;
}
