import { format, resolveConfig } from 'prettier';
import { errorCatalogue, nouns, upsertErrorCodes } from '../../src/contract/errors.ts';

const file = 'docs/errors.md';
const upsertCodes = upsertErrorCodes.map(String);

type Kind = (typeof errorCatalogue)[keyof typeof errorCatalogue];

function renderKind([code, { status, when, texts }]: [string, Kind]): string {
  const graphql = upsertCodes.includes(code) ? ` · GraphQL \`${code.toUpperCase()}\`` : '';
  const sentences = texts.map((text) => `- ${text}`).join('\n');
  return `## ${code}\n\nREST ${status}${graphql}. ${when}\n\n${sentences}\n`;
}

/** What is refused before it gets as far as the catalogue. */
const ownErrors = `# Requests that are none

What cannot be executed as GraphQL is answered with \`errors\` alone, by \`extensions.code\` and in words of the GraphQL
library that may change. Clients that accept \`application/graphql-response+json\` get the status of this table, others 200
where the document was read.

| status | code | |
| --- | --- | --- |
| 400 | \`BAD_REQUEST\` | no GraphQL request: not JSON, no query, a batch, a malformed multipart request |
| 400 | \`GRAPHQL_PARSE_FAILED\` | the document is no GraphQL |
| 400 | \`OPERATION_RESOLUTION_FAILURE\` | the operation is not in the document, or not the only one |
| 400 | \`GRAPHQL_VALIDATION_FAILED\` | the document does not fit the schema |
| 400 | \`BAD_USER_INPUT\` | variables or arguments do not fit, or the document is over one of its [limits](limits.md) |
| 403 | | a form, a text or a GET without one of the headers that say it was meant |
| 405 | \`BAD_REQUEST\` | a mutation by GET, or a method other than GET and POST |
| 413 | \`BAD_REQUEST\` | too many files, or operations that are too large |
| 415 | | no JSON, and no multipart request |

What is no HTTP, or could be read as HTTP in two ways, is answered by the status alone: 400, 413 (too much beside the chunks of
a body), 417 (\`Expect\`), 431 (headers over 16 kB).
`;

/** The catalogue of errors as the page `docs/errors.md`, formatted as the rest of the project. */
export async function renderErrorsPage(): Promise<string> {
  const text = `# Errors

Rendered from [\`src/contract/errors.ts\`](../src/contract/errors.ts), which both doors answer from: \`npx vitest run
--project unit test/error-catalogue.test.ts -u\` writes it anew. The query \`errorCatalogue\` answers the same.

REST answers one error, the first in the order of this page, as \`{"error": code, "error_description": text}\`. A GraphQL
upsert answers all of them as data, in \`UpsertFailure\`, with their paths into the input; those without a GraphQL name here
are not an upsert's but the whole request's. ◊ marks what the original contract does not have. In the texts, word for word,
\`{…}\` stands for what differs; a noun is one of: ${nouns.join(', ')}.

${Object.entries(errorCatalogue).map(renderKind).join('\n')}
${ownErrors}`;
  return format(text, { ...(await resolveConfig(file)), filepath: file });
}
