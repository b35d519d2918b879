import {
  type DirectiveNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';

/** How much a document holds of what costs before anything is executed. Cycles of fragments are left to validation. */
export type DocumentShape = {
  readonly operations: number;
  /** Fields and fragments, each as often as it is written. */
  readonly selections: number;
  readonly directives: number;
  /** Levels of braces around selections, those of the fragments in them included. */
  readonly depth: number;
};

type Definition = OperationDefinitionNode | FragmentDefinitionNode;

function listDefinitions({ definitions }: DocumentNode): readonly Definition[] {
  return definitions.filter(
    (each): each is Definition => each.kind === Kind.OPERATION_DEFINITION || each.kind === Kind.FRAGMENT_DEFINITION,
  );
}

function countDirectives(nodes: readonly { readonly directives?: readonly DirectiveNode[] | undefined }[]): number {
  return nodes.reduce((sum, { directives = [] }) => sum + directives.length, 0);
}

/** All selections as they are written. Keeps its own stack, since the depth is the client's. */
function listSelections(definitions: readonly Definition[]): readonly SelectionNode[] {
  const all: SelectionNode[] = [];
  const pending: SelectionSetNode[] = definitions.map(({ selectionSet }) => selectionSet);
  for (let set = pending.pop(); set; set = pending.pop()) {
    for (const selection of set.selections) {
      all.push(selection);
      if (selection.kind !== Kind.FRAGMENT_SPREAD && selection.selectionSet) pending.push(selection.selectionSet);
    }
  }
  return all;
}

/** Looks into each fragment once, however often it is used, and no deeper than to see that the depth is more than `most`. */
function measureDepth(definitions: readonly Definition[], most: number): number {
  const fragments = new Map(
    definitions.flatMap((each) => (each.kind === Kind.FRAGMENT_DEFINITION ? [[each.name.value, each]] : [])),
  );
  const known = new Map<string, number>();
  const depthOf = (set: SelectionSetNode | undefined, above: number): number => {
    if (!set || above > most) return 0;
    return 1 + set.selections.reduce((deepest, each) => Math.max(deepest, depthBelow(each, above + 1)), 0);
  };
  const depthBelow = (selection: SelectionNode, above: number): number => {
    if (selection.kind !== Kind.FRAGMENT_SPREAD) return depthOf(selection.selectionSet, above);
    const name = selection.name.value;
    if (!known.has(name)) {
      known.set(name, 0);
      known.set(name, depthOf(fragments.get(name)?.selectionSet, above));
    }
    return known.get(name) ?? 0;
  };
  return definitions.reduce((deepest, { selectionSet }) => Math.max(deepest, depthOf(selectionSet, 0)), 0);
}

/** Measures a document in time that grows with its length alone. A depth of more than `mostDepth` is told as some such depth. */
export function measureShape(document: DocumentNode, mostDepth: number): DocumentShape {
  const definitions = listDefinitions(document);
  const selections = listSelections(definitions);
  const variables = definitions.flatMap((each) =>
    each.kind === Kind.OPERATION_DEFINITION ? (each.variableDefinitions ?? []) : [],
  );
  return {
    operations: definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION).length,
    selections: selections.length,
    directives: countDirectives(definitions) + countDirectives(variables) + countDirectives(selections),
    depth: measureDepth(definitions, mostDepth),
  };
}
