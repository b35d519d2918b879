// Bundles the gateway into dist/: loading its libraries' hundreds of files took most of a start.
import { build } from 'rolldown';

await build({
  input: 'src/cli.ts',
  platform: 'node',
  transform: { target: 'node20.19' },
  // What brings binaries, what looks for its own files when it runs, and the megabytes of GraphiQL and of the client of S3, read
  // only when asked for.
  external: [
    '@aws-sdk/client-s3',
    '@aws-sdk/s3-request-presigner',
    '@electric-sql/pglite',
    '@graphql-yoga/render-graphiql',
    'i18n-iso-countries',
    'pg-native',
    'sharp',
  ],
  output: { dir: 'dist', chunkFileNames: 'chunks/[name].js', sourcemap: true },
});
