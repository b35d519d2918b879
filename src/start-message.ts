import type { Config } from './config.ts';
import type { AuthConfig } from './config/auth.ts';
import { hidePasswords } from './config/problems.ts';

/** What the message tells of a process that has started. */
export type Started = {
  readonly config: Config;
  readonly organizations: readonly { readonly id: number; readonly name: string }[];
  /** The organization that was created from the example file just now, if any. */
  readonly provisioned: string | undefined;
  /** Whether any API key would be let in. */
  readonly hasKeys: boolean;
};

/** The customers page's example, which fits the organization of examples/entity1.yaml. */
const contractExample = [
  ['name', "Marie's Jewelry"],
  ['categoryId', 'jewelry'],
  ['customerSegmentationId', 'seg_a'],
  ['userId', 'emp-002'],
  ['billingCountry', 'FR'],
  ['billingCity', 'Nice'],
  ['creditLimit', '5000'],
  ['dueDateConfigNumber', '7'],
  ['dueDateConfigType', '1'],
  ['paymentTypes', '[{"id"=7},{"id"=8}]'],
  ['regionId', '3'],
] as const;

/** As much of it as any organization takes. */
const plainExample = contractExample.filter(([name]) => ['name', 'billingCountry', 'billingCity'].includes(name));

/** The word as a POSIX shell reads it back. */
export function quoteForShell(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

/** A header with a credential, for a shell that has it in a variable. */
function exampleCredential(auth: AuthConfig): string | undefined {
  if (auth.kind === 'off') return undefined;
  return auth.keys ? 'X-API-Key: $API_KEY' : 'Authorization: Bearer $TOKEN';
}

function describeCallers({ config: { auth, database }, hasKeys }: Started): string {
  if (auth.kind === 'off') return 'anybody on this machine, without authentication (AUTH=off)';
  const tokens = auth.jwt ? [`with tokens of ${auth.jwt.issuer}`] : [];
  if (!auth.keys || hasKeys) return [...(auth.keys ? ['with API keys'] : []), ...tokens].join(', ');
  const first = database.kind === 'pglite' ? ' (stop this process first, which is using the database)' : '';
  const command = 'customer-gateway keys create --name NAME';
  return [`with API keys, of which there is none yet: ${command} makes one${first}`, ...tokens].join('; ');
}

function exampleRequest({ config, organizations }: Started): string[] {
  const organization = organizations.find(({ name }) => name === 'entity1') ?? organizations[0];
  if (!organization) return [];
  const fields = organization.name === 'entity1' ? contractExample : plainExample;
  const credential = exampleCredential(config.auth);
  const words = [
    `curl -i ${quoteForShell(`${config.publicUrl}/api/v1.0/customers/reference/NC-3`)}`,
    ...(credential === undefined ? [] : [`  --header "${credential}"`]),
    ...(organizations.length > 1 ? [`  --header ${quoteForShell(`X-Organization: ${organization.name}`)}`] : []),
    ...fields.map(([name, value]) => `  --data-urlencode ${quoteForShell(`${name}=${value}`)}`),
  ];
  const command = words.map((word, index) => (index < words.length - 1 ? `${word} \\` : word));
  return ["Try the contract's own example:", '', ...command, ''];
}

function describeOrganizations({ organizations, provisioned }: Started): string {
  if (organizations.length === 0) return 'none yet: customer-gateway provision examples/entity1.yaml creates one';
  return organizations
    .map(({ name }) => (name === provisioned ? `${name} (created just now from examples/entity1.yaml)` : name))
    .join(', ');
}

function describeImages({ images }: Config): string {
  if (images.kind === 'disk') return images.directory;
  return `s3://${images.bucket}/${images.prefix} ${images.endpoint ? `at ${images.endpoint}` : `in ${images.region}`}`;
}

/** The lines a process prints when it is ready: where everything is, and a request to try. No password is among them. */
export function describeStart(started: Started): readonly string[] {
  const { publicUrl, database, workers, exposure } = started.config;
  const place = database.kind === 'pglite' ? `embedded, in ${database.directory}` : hidePasswords(database.url);
  return [
    'The customer gateway is ready.',
    '',
    `  GraphQL        ${publicUrl}/graphql${exposure.graphiql ? ' (GraphiQL in a browser)' : ''}`,
    `  REST           ${publicUrl}/api/v1.0`,
    `  Callers        ${describeCallers(started)}`,
    `  Database       ${place}`,
    `  Images         ${describeImages(started.config)}`,
    `  Organizations  ${describeOrganizations(started)}`,
    ...(workers > 1 ? [`  Workers        ${workers} processes`] : []),
    '',
    ...exampleRequest(started),
  ];
}
