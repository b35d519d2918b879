/** The most levels a tree of an organization file may have, and the deepest level of regions. */
export const maxTreeDepth = 20;

/** The highest id a file may give: as many again are left for generated ids that are exact as JSON numbers. */
export const maxGivenId = 2 ** 52;

/** A record with a reference. Without `id` the database numbers it. */
export type ReferenceEntry = { readonly id?: number | undefined; readonly reference: string; readonly name: string };

/** A region and what lies below it. */
export type RegionEntry = {
  readonly id?: number | undefined;
  readonly name: string;
  readonly regions: readonly RegionEntry[];
};

/** A customer category and what lies below it. */
export type CategoryEntry = ReferenceEntry & { readonly categories: readonly CategoryEntry[] };

/**
 * An organization as a file states it. Texts and references are normalised (ruling 3); within a kind no id and no
 * reference is there twice, and no two regions below one parent share a name; `currencies` contains `currency`.
 */
export type OrganizationFile = {
  readonly name: string;
  readonly currency: string;
  readonly currencies: readonly string[];
  readonly geographicalLocations: { readonly enabled: boolean; readonly level: number };
  readonly users: readonly ReferenceEntry[];
  readonly paymentTypes: readonly ReferenceEntry[];
  readonly customerSegmentations: readonly ReferenceEntry[];
  readonly regions: readonly RegionEntry[];
  readonly rootCategory: CategoryEntry;
};
