import SchemaBuilder, { type InputFieldBuilder } from '@pothos/core';
import type { UploadedFile } from '../contract/images.ts';
import type { GraphContext } from './context.ts';

/** The code-first schema under construction; types are defined beside their nouns. */
export const builder = new SchemaBuilder<{
  Context: GraphContext;
  DefaultFieldNullability: false;
  DefaultInputFieldRequiredness: false;
  Scalars: {
    ID: { Input: string; Output: number };
    DateTime: { Input: Date; Output: Date };
    URL: { Input: never; Output: string };
    Upload: { Input: UploadedFile; Output: never };
  };
}>({ defaultFieldNullability: false });

/** What the fields of an input are defined with. */
export type InputFields = InputFieldBuilder<(typeof builder)['$inferSchemaTypes'], 'InputObject'>;

builder.queryType({ description: 'Everything that can be read. All of it belongs to the caller’s organization.' });
builder.subscriptionType({ description: 'Everything that can be waited for, as server-sent events.' });
builder.mutationType({
  description:
    'Everything that can be changed. Several upserts of one request run in order, each committed on its own.',
});
