import { builder } from './builder.ts';

/** The contract's timestamp: UTC, whole seconds (ruling 22). */
export function formatDateTime(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, 'Z');
}

builder.scalarType('DateTime', {
  description: 'A moment in UTC, to the second: `2016-08-16T13:51:39Z`.',
  specifiedByURL: 'https://scalars.graphql.org/andimarek/date-time',
  serialize: (value) => formatDateTime(value),
  parseValue: () => {
    throw new Error('A DateTime is only ever read.');
  },
});

builder.scalarType('URL', {
  description: 'An absolute address.',
  specifiedByURL: 'https://url.spec.whatwg.org/',
  serialize: (value) => value,
  parseValue: () => {
    throw new Error('A URL is only ever read.');
  },
});
