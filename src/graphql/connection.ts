import type { ObjectRef } from '@pothos/core';
import { limits } from '../contract/limits.ts';
import type { Direction } from '../services/listing/order.ts';
import type { Page } from '../services/listing/listing.ts';
import { AnswerLength, answersBy } from './answer-length.ts';
import { builder } from './builder.ts';
import type { Connection } from './lists.ts';

const { recordsPerPage } = limits.graphql;

type Types = (typeof builder)['$inferSchemaTypes'];

type PageInfo = Pick<Page<unknown>, 'hasNextPage' | 'hasPreviousPage' | 'edges'>;

const PageInfoRef = builder.objectRef<PageInfo>('PageInfo').implement({
  description: 'Where a page lies in its list.',
  fields: (t) => ({
    hasNextPage: t.exposeBoolean('hasNextPage', {
      description: 'Whether more follows; when counting from the end, whether `before` was sent.',
    }),
    hasPreviousPage: t.exposeBoolean('hasPreviousPage', {
      description: 'Whether more precedes; when counting from the start, whether `after` was sent.',
    }),
    startCursor: t.string({
      nullable: true,
      description: 'The cursor of the first edge; null on an empty page.',
      resolve: ({ edges }) => edges.at(0)?.cursor,
    }),
    endCursor: t.string({
      nullable: true,
      description: 'The cursor of the last edge; null on an empty page.',
      resolve: ({ edges }) => edges.at(-1)?.cursor,
    }),
  }),
});

export const OrderDirectionEnum = builder.enumType('OrderDirection', {
  description: 'Which way a list is ordered.',
  values: {
    ASC: { value: 'asc', description: 'The smallest first; what is missing comes last.' },
    DESC: { value: 'desc', description: 'The largest first; what is missing comes first.' },
  } satisfies Record<string, { value: Direction; description: string }>,
});

/** Relay's paging arguments. */
export const pageArgs = builder.args((t) => ({
  first: t.int({
    description: `How many to answer from the start, or from \`after\`: 0 to ${recordsPerPage.largest}, by default ${recordsPerPage.usual}.`,
  }),
  after: t.string({ description: 'Only what follows this cursor. It fits lists in the same order only.' }),
  last: t.int({
    description: `How many to answer from the end, or from \`before\`: 0 to ${recordsPerPage.largest}. Not together with \`first\`.`,
  }),
  before: t.string({ description: 'Only what precedes this cursor. It fits lists in the same order only.' }),
}));

const pageLength = new AnswerLength({
  by: ['first', 'last'],
  usual: recordsPerPage.usual,
  most: recordsPerPage.largest,
});

/** The connection type of a record, `<Name>Connection`, with its edges. `plural` is what descriptions call them. */
export function implementConnection<Row>(name: string, plural: string, node: ObjectRef<Types, Row>) {
  const EdgeRef = builder.objectRef<Page<Row>['edges'][number]>(`${name}Edge`);
  EdgeRef.implement({
    description: `One of a list of ${plural}.`,
    fields: (t) => ({
      cursor: t.string({ description: 'Where it stands; opaque.', resolve: ({ cursor }) => cursor }),
      node: t.expose('node', { type: node, description: 'What stands there.' }),
    }),
  });
  return builder.objectRef<Connection<Row>>(`${name}Connection`).implement({
    description: `A page of a list of ${plural}.`,
    extensions: answersBy(pageLength),
    fields: (t) => ({
      edges: t.field({
        type: [EdgeRef],
        description: 'The page, each with its cursor.',
        resolve: async ({ page }) => (await page()).edges,
      }),
      nodes: t.field({
        type: [node],
        description: 'The page.',
        resolve: async ({ page }) => (await page()).edges.map((edge) => edge.node),
      }),
      pageInfo: t.field({ type: PageInfoRef, description: 'Where the page lies.', resolve: ({ page }) => page() }),
      totalCount: t.int({
        description: 'How many the whole list has, whatever the page; counted only if selected.',
        resolve: ({ count }) => count(),
      }),
    }),
  });
}
