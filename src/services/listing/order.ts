import { type RawBuilder, sql } from 'kysely';

export type Direction = 'asc' | 'desc';

/** One field of an order, as a caller asks for it. */
export type OrderBy<Field extends string> = { readonly field: Field; readonly direction: Direction };

/**
 * What a list can be ordered by: an expression over the row aliased `t`, how cursors carry it, whether it can be null
 * (then null is the largest of all, as PostgreSQL has it), and whether it alone makes an order total.
 */
export type OrderKey = {
  readonly kind: 'text' | 'id' | 'moment';
  readonly sql: RawBuilder<unknown>;
  readonly isNullable?: true;
  readonly isUnique?: true;
};

/** The orders of one kind of list, by field. */
export type OrderKeys<Field extends string> = Readonly<Record<Field | 'id', OrderKey>>;

export type SortKey = OrderKey & { readonly field: string; readonly direction: Direction };

/** The order that was asked for, completed so that no two rows are equal in it: by id, in the direction of its last field. */
export function completeOrder<Field extends string>(
  keys: OrderKeys<Field>,
  asked: readonly OrderBy<Field>[],
): readonly SortKey[] {
  const order: SortKey[] = [];
  const add = (field: Field | 'id', direction: Direction) => {
    const isDecided = order.some((key) => key.isUnique ?? key.field === field);
    if (!isDecided) order.push({ ...keys[field], field, direction });
  };
  for (const { field, direction } of asked) add(field, direction);
  add('id', order.at(-1)?.direction ?? 'asc');
  return order;
}

/** Where a row stands in an order: the text of each key, null where it has none. */
export type Position = readonly (string | null)[];

/** What a listed row tells of its place in an order. */
export type Positioned = { readonly id: number; readonly position?: Position };

const isOwnId = ({ kind }: OrderKey): boolean => kind === 'id';

/**
 * A further column: `position`, the texts of all keys but ids, which the row holds anyway; nothing where there are none.
 * Timestamps keep their microseconds, which a JavaScript date would lose.
 */
export function positionSql(order: readonly SortKey[]): RawBuilder<unknown> {
  const texts = order
    .filter((key) => !isOwnId(key))
    .map((key) =>
      key.kind === 'moment'
        ? sql`to_char(${key.sql} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`
        : sql`(${key.sql})::text`,
    );
  return texts.length > 0 ? sql`, json_build_array(${sql.join(texts)}) as position` : sql``;
}

/** Where a row stands that was selected with `positionSql` of the same order. */
export function readPosition(order: readonly SortKey[], { id, position = [] }: Positioned): Position {
  const texts = position[Symbol.iterator]();
  return order.map((key) => (isOwnId(key) ? String(id) : (texts.next().value ?? null)));
}

const isUpward = ({ direction }: SortKey, isBackwards: boolean): boolean => (direction === 'asc') !== isBackwards;

/** The `order by` list; backwards is the exact reverse. */
export function orderSql(order: readonly SortKey[], isBackwards: boolean): RawBuilder<unknown> {
  return sql.join(order.map((key) => (isUpward(key, isBackwards) ? sql`${key.sql} asc` : sql`${key.sql} desc`)));
}

function valueSql({ kind }: OrderKey, value: string): RawBuilder<unknown> {
  if (kind === 'id') return sql`${value}::bigint`;
  return kind === 'moment' ? sql`${value}::timestamptz` : sql`${value}::text`;
}

function comesAfter(key: SortKey, value: string | null, isBackwards: boolean): RawBuilder<boolean> {
  const isUp = isUpward(key, isBackwards);
  if (value === null) return isUp ? sql`false` : sql`${key.sql} is not null`;
  const bound = valueSql(key, value);
  if (!isUp) return sql`${key.sql} < ${bound}`;
  return key.isNullable ? sql`(${key.sql} > ${bound} or ${key.sql} is null)` : sql`${key.sql} > ${bound}`;
}

function isEqual(key: SortKey, value: string | null): RawBuilder<boolean> {
  return value === null ? sql`${key.sql} is null` : sql`${key.sql} = ${valueSql(key, value)}`;
}

/** `(a, b) > (x, y)`, which an index can answer: possible where all keys go the same way and none is null. */
function rowComparison(order: readonly SortKey[], position: readonly string[], isBackwards: boolean) {
  const keys = sql.join(order.map((key) => key.sql));
  const values = sql.join(order.map((key, index) => valueSql(key, position[index] ?? '')));
  const [first] = order;
  return first && isUpward(first, isBackwards)
    ? sql<boolean>`(${keys}) > (${values})`
    : sql<boolean>`(${keys}) < (${values})`;
}

/** A condition: the row comes after the position in the order, or before it when going backwards. */
export function beyondSql(order: readonly SortKey[], position: Position, isBackwards: boolean): RawBuilder<boolean> {
  const values = position.filter((value) => value !== null);
  const isUniform = order.every((key) => !key.isNullable && key.direction === order[0]?.direction);
  if (isUniform && values.length === order.length) return rowComparison(order, values, isBackwards);
  return order.reduceRight<RawBuilder<boolean>>(
    (later, key, index) => {
      const value = position[index] ?? null;
      return sql`(${comesAfter(key, value, isBackwards)} or (${isEqual(key, value)} and ${later}))`;
    },
    sql`false`,
  );
}
