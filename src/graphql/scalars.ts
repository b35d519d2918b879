import { builder } from './builder.ts';
import { createInputError } from './errors.ts';

/** The contract's timestamp: UTC, whole seconds (ruling 22). */
export function formatDateTime(date: Date): string {
  return `${date.toISOString().slice(0, -'.000Z'.length)}Z`;
}

const isoDateTime = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(?:Z|([+-])(\d\d):(\d\d))$/;

/**
 * The moment an ISO 8601 text names, cut to whole milliseconds: date and time to the second at least, with `Z` or an
 * offset. Undefined for anything else, also for days that do not exist and years outside 1 to 9999.
 */
export function parseDateTime(text: string): Date | undefined {
  const [, local, fraction = '', sign, hours = '0', minutes = '0'] = isoDateTime.exec(text) ?? [];
  if (local === undefined || Number(hours) > 23 || Number(minutes) > 59) return undefined;
  const iso = `${local}.${fraction.padEnd(3, '0').slice(0, 3)}Z`;
  const asUtc = new Date(iso);
  // A day that does not exist becomes another one.
  if (Number.isNaN(asUtc.getTime()) || asUtc.toISOString() !== iso) return undefined;
  const offset = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -1 : 1);
  const date = new Date(asUtc.getTime() - offset * 60_000);
  const year = date.getUTCFullYear();
  return year >= 1 && year <= 9999 ? date : undefined;
}

builder.scalarType('DateTime', {
  description:
    'A moment. Answered in UTC and whole seconds: `2016-08-16T13:51:39Z`. Taken as ISO 8601 with date, time and zone, ' +
    'such as `2016-08-16T15:51:39.25+02:00`.',
  specifiedByURL: 'https://scalars.graphql.org/andimarek/date-time',
  serialize: (value) => formatDateTime(value),
  parseValue: (value) => {
    const date = typeof value === 'string' ? parseDateTime(value) : undefined;
    if (date) return date;
    throw createInputError('DateTime expects a text such as "2016-08-16T13:51:39Z".');
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
