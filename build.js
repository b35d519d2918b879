// Bundles the gateway into dist/, or the folder named: loading its libraries' hundreds of files took most of a start.
import { build } from 'rolldown';
import { Visitor, parseSync } from 'rolldown/utils';

/** Where object literals begin that spread an object first and then go on, such as `{ ...a, b }`. */
function findLeadingSpreads(fileName, code) {
  const found = [];
  const note = ({ start, properties: [first, second] }) => {
    const isLeading = first?.type === 'SpreadElement' && first.argument.type !== 'Literal';
    if (isLeading && second) found.push(start);
  };
  new Visitor({ ObjectExpression: note }).visit(parseSync(fileName, code).program);
  return found;
}

/**
 * V8 of Node 20 gives every object that such a literal makes a hidden class of its own: it takes ten times as long to make, and
 * whatever reads it is slow from then on. Behind a spread of nothing, which changes nothing else, they share one. Of an upsert a
 * fifth of the time went there, most of it in libraries.
 */
const spreadBehindNothing = {
  name: 'spread-behind-nothing',
  renderChunk(code, { fileName }, _options, { magicString }) {
    for (const start of findLeadingSpreads(fileName, code)) magicString.appendRight(start + 1, '...null, ');
    return magicString;
  },
  /** A minifier takes the nothing away again. */
  generateBundle(_options, bundle) {
    for (const { type, fileName, code } of Object.values(bundle)) {
      if (type === 'chunk' && findLeadingSpreads(fileName, code).length > 0) {
        this.error(`${fileName} has literals that begin with a spread.`);
      }
    }
  },
};

await build({
  input: 'src/cli.ts',
  platform: 'node',
  // Node 20 has no `navigator`: the driver then asks for a `Response` to learn that this is no worker of Cloudflare's, for which
  // Node loads a whole HTTP client, a tenth of a command's time.
  transform: { target: 'node20.19', define: { 'navigator.userAgent': '"Node.js"', navigator: '{}' } },
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
  plugins: [spreadBehindNothing],
  experimental: { nativeMagicString: true },
  output: { dir: process.argv[2] ?? 'dist', chunkFileNames: 'chunks/[name].js', sourcemap: true, minify: false },
});
