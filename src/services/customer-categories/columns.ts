import { type RawBuilder, sql } from 'kysely';
import type { CustomerCategoryState } from '../records.ts';
import { type Column, createColumnSql, defineColumn as column, storedSql } from '../upsert/columns.ts';

/** How a category's own state lies in its table, and which input field each part belongs to. */
export const categoryColumns: readonly Column<keyof CustomerCategoryState>[] = [
  column('text', 'reference', 'reference'),
  column('text', 'name', 'name'),
  column('boolean', 'is_root', 'isRoot'),
  column('bigint', 'parent_id', 'parentId', 'parent'),
  column('text', 'description', 'description'),
  column('jsonb', 'image', 'image'),
];

/** A category from the table aliased `t`, its keys those of `CustomerCategory`. */
export const categorySelect: RawBuilder<unknown> = sql`${storedSql}, ${createColumnSql(categoryColumns).select}`;
