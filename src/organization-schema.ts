import { z } from 'zod';
import {
  type CategoryEntry,
  type OrganizationFile,
  type ReferenceEntry,
  type RegionEntry,
  maxGivenId,
  maxTreeDepth,
} from './services/provisioning/organization-file.ts';
import { normalizeReference } from './contract/references.ts';

type Path = readonly (string | number)[];

function expect(what: string): { error: (issue: { readonly input?: unknown }) => string } {
  return { error: ({ input }) => (input === undefined ? 'is missing' : `must be ${what}`) };
}

/** An object that knows no keys but these. */
function object<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  const keys = Object.keys(shape).join(', ');
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code === 'unrecognized_keys') return `is no key here; the keys are ${keys}`;
      return expect(`a mapping with the keys ${keys}`).error(issue);
    },
  });
}

function list<Entry extends z.ZodType>(entry: Entry) {
  return z.array(entry, expect('a list'));
}

const text = z
  .string({
    error: ({ input }) =>
      typeof input === 'number' || typeof input === 'boolean'
        ? 'must be a text: put it in quotes'
        : expect('a text').error({ input }),
  })
  .transform((value, context) => {
    const normalized = normalizeReference(value);
    if (normalized) return normalized;
    context.addIssue('must have 1 to 255 characters, no control characters among them');
    return z.NEVER;
  });

const id = z
  .int(expect('a whole number'))
  .min(1, `must be 1 to ${maxGivenId}`)
  .max(maxGivenId, `must be 1 to ${maxGivenId}`)
  .optional();

const currency = z
  .string(expect('a currency code'))
  .regex(/^[a-z]{3}$/i, 'must be an ISO 4217 code: three letters such as EUR')
  .toUpperCase();

/** Adds an issue for each value that an earlier entry has already. */
function refuseDuplicates(
  context: z.RefinementCtx,
  entries: Iterable<readonly [path: Path, value: string | number | undefined]>,
): void {
  const seen = new Set<string | number>();
  for (const [path, value] of entries) {
    if (value === undefined) continue;
    if (seen.has(value)) {
      context.addIssue({ code: 'custom', path: [...path], message: `${JSON.stringify(value)} is there twice` });
    }
    seen.add(value);
  }
}

function keyed<Key extends string>(
  entries: readonly (readonly [path: Path, entry: Readonly<Partial<Record<Key, string | number | undefined>>>])[],
  key: Key,
): [Path, string | number | undefined][] {
  return entries.map(([path, entry]) => [[...path, key], entry[key]]);
}

const records = list(object({ id, reference: text, name: text }))
  .superRefine((entries: readonly ReferenceEntry[], context) => {
    const placed = entries.map((entry, index) => [[index], entry] as const);
    refuseDuplicates(context, keyed(placed, 'id'));
    refuseDuplicates(context, keyed(placed, 'reference'));
  })
  .default([]);

const region: z.ZodType<RegionEntry> = object({ id, name: text, regions: z.lazy(() => list(region)).default([]) });

function* flattenRegions(regions: readonly RegionEntry[], path: Path = []): Generator<readonly [Path, RegionEntry]> {
  for (const [index, entry] of regions.entries()) {
    yield [[...path, index], entry];
    yield* flattenRegions(entry.regions, [...path, index, 'regions']);
  }
}

function refuseDuplicateNames(regions: readonly RegionEntry[], path: Path, context: z.RefinementCtx): void {
  const placed = regions.map((entry, index) => [[...path, index], entry] as const);
  refuseDuplicates(context, keyed(placed, 'name'));
  for (const [place, entry] of placed) refuseDuplicateNames(entry.regions, [...place, 'regions'], context);
}

const regions = list(region)
  .superRefine((entries, context) => {
    refuseDuplicates(context, keyed([...flattenRegions(entries)], 'id'));
    refuseDuplicateNames(entries, [], context);
  })
  .default([]);

const category: z.ZodType<CategoryEntry> = object({
  id,
  reference: text,
  name: text,
  categories: z.lazy(() => list(category)).default([]),
});

function* flattenCategories(entry: CategoryEntry, path: Path = []): Generator<readonly [Path, CategoryEntry]> {
  yield [path, entry];
  for (const [index, child] of entry.categories.entries()) {
    yield* flattenCategories(child, [...path, 'categories', index]);
  }
}

const rootCategory = category.superRefine((root, context) => {
  const placed = [...flattenCategories(root)];
  refuseDuplicates(context, keyed(placed, 'id'));
  refuseDuplicates(context, keyed(placed, 'reference'));
});

const level = z
  .int(expect('a whole number'))
  .min(1, 'must be 1 or more')
  .max(maxTreeDepth, `must be ${maxTreeDepth} or less`)
  .default(1);

/** What an organization file says, parsed and checked; the issues' messages are whole phrases about the value. */
export const organizationSchema: z.ZodType<OrganizationFile> = object({
  name: text,
  currency,
  currencies: list(currency).optional(),
  geographicalLocations: object({ enabled: z.boolean(expect('true or false')), level }).default({
    enabled: false,
    level: 1,
  }),
  users: records,
  paymentTypes: records,
  customerSegmentations: records,
  regions,
  rootCategory,
}).transform((file, context) => {
  const currencies = [...new Set(file.currencies ?? [file.currency])];
  if (!currencies.includes(file.currency)) {
    const message = `must contain the organization's currency, ${file.currency}`;
    context.addIssue({ code: 'custom', path: ['currencies'], message });
  }
  return { ...file, currencies };
});
