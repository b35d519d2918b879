import { type FieldNode, type GraphQLResolveInfo, Kind, type SelectionNode } from 'graphql';

/** The fields selected below fields. Each fragment is looked into once, since nested ones may repeat exponentially. */
function listFieldsBelow(fields: readonly FieldNode[], { fragments }: GraphQLResolveInfo): readonly FieldNode[] {
  const below: FieldNode[] = [];
  const seen = new Set<string>();
  const pending: SelectionNode[] = fields.flatMap(({ selectionSet }) => selectionSet?.selections ?? []);
  for (let selection = pending.pop(); selection; selection = pending.pop()) {
    if (selection.kind === Kind.FIELD) below.push(selection);
    else if (selection.kind === Kind.INLINE_FRAGMENT) pending.push(...selection.selectionSet.selections);
    else if (!seen.has(selection.name.value)) {
      seen.add(selection.name.value);
      pending.push(...(fragments[selection.name.value]?.selectionSet.selections ?? []));
    }
  }
  return below;
}

/** The same for all siblings, which execution gives one and the same list of nodes. */
const known = new WeakMap<readonly FieldNode[], readonly string[]>();

/**
 * The names of the fields that the selection of a connection asks of its records, in `nodes` and `edges { node }`, sorted.
 * Those that a directive leaves out are among them: there may be too many, never too few.
 */
export function listNodeFields(info: GraphQLResolveInfo): readonly string[] {
  const { fieldNodes } = info;
  const found = known.get(fieldNodes);
  if (found) return found;
  const below = (fields: readonly FieldNode[], name: string) =>
    listFieldsBelow(
      fields.filter((field) => field.name.value === name),
      info,
    );
  const connection = listFieldsBelow(fieldNodes, info);
  const asked = [...below(connection, 'nodes'), ...below(below(connection, 'edges'), 'node')];
  const names = new Set(asked.map(({ name }) => name.value).filter((name) => !name.startsWith('__')));
  const sorted = [...names].sort();
  known.set(fieldNodes, sorted);
  return sorted;
}
