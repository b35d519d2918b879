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

/** The catalogue of errors as the page `docs/errors.md`, formatted as the rest of the project. */
export async function renderErrorsPage(): Promise<string> {
  const text = `# Errors

Rendered from [\`src/contract/errors.ts\`](../src/contract/errors.ts), which both doors answer from: \`npx vitest run
--project unit test/error-catalogue.test.ts -u\` writes it anew. The query \`errorCatalogue\` answers the same.

REST answers one error, the first in the order of this page, as \`{"error": code, "error_description": text}\`. A GraphQL
upsert answers all of them as data, in \`UpsertFailure\`, with their paths into the input; those without a GraphQL name here
are not an upsert's but the whole request's. ◊ marks what the original contract does not have. In the texts, word for word,
\`{…}\` stands for what differs; a noun is one of: ${nouns.join(', ')}.

${Object.entries(errorCatalogue).map(renderKind).join('\n')}`;
  return format(text, { ...(await resolveConfig(file)), filepath: file });
}
