import type { Part } from '../bench.ts';
import { measureColdStart } from './cold-start.ts';
import { measureImport } from './import.ts';
import { measurePages } from './pages.ts';
import { measureUploads } from './uploads.ts';
import { measureForm, measureGraphql, measureLoneClient, measureWorkers } from './upserts.ts';

/** Everything that can be measured, in the order of a round. */
export const parts = {
  graphql: measureGraphql,
  form: measureForm,
  workers: measureWorkers,
  lone: measureLoneClient,
  import: measureImport,
  pages: measurePages,
  images: measureUploads,
  start: measureColdStart,
} as const satisfies Record<string, Part>;

export type PartName = keyof typeof parts;
