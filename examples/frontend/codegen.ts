import type { CodegenConfig } from '@graphql-codegen/cli';
import { addTypenameSelectionDocumentTransform } from '@graphql-codegen/client-preset';

/** Writes `src/gql`: a typed document for each operation in the source, and `persisted-documents.json`. */
const config: CodegenConfig = {
  schema: '../../schema.graphql',
  documents: ['src/**/*.{ts,tsx}', '!src/gql/**'],
  generates: {
    'src/gql/': {
      preset: 'client',
      presetConfig: {
        fragmentMasking: false,
        persistedDocuments: { hashAlgorithm: 'sha256' },
      },
      // urql's cache tells by the types in an answer what a mutation made stale; hashes have to cover the whole document.
      documentTransforms: [addTypenameSelectionDocumentTransform],
      config: {
        strictScalars: true,
        scalars: {
          DateTime: 'string',
          URL: 'string',
          Upload: { input: 'File', output: 'never' },
        },
        avoidOptionals: { field: true },
        enumsAsTypes: true,
        useTypeImports: true,
      },
    },
  },
};

export default config;
