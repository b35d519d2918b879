import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Argument, Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { parseDays } from './command-arguments.ts';
import { type Config, readConfig } from './config.ts';
import { expectedWorkers, isWorkers } from './config/workers.ts';
import { describeFailure } from './describe-failure.ts';
import { describeReadFailure } from './describe-read-failure.ts';
import type { ImportCall } from './import-command.ts';
import { addKeysCommand } from './keys-program.ts';
import { packageRoot } from './package-root.ts';
import type { ProvisionReport } from './services/provisioning.ts';
import { waitForSignal } from './stop-signals.ts';
import { withDatabase } from './with-database.ts';

/** What a command has of the process around it. `signals` emits SIGINT and SIGTERM. */
export type CliIo = {
  readonly env: NodeJS.ProcessEnv;
  readonly stdin: AsyncIterable<Uint8Array | string>;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** The columns of the terminal `err` writes to; undefined where it is none. */
  readonly terminalWidth: () => number | undefined;
  readonly signals: Pick<NodeJS.EventEmitter, 'on' | 'off'>;
};

const environmentHelp = `
Environment:
  PORT          the port to listen on (4000)
  HOST          the address to listen on (127.0.0.1)
  WORKERS       how many processes serve, auto for one on each core (1); more than one need DATABASE_URL
  AUTH          who may call: off, which is anybody on this machine (what it is on a loopback HOST unless told),
                keys (API keys: keys create makes them), jwt (tokens of an identity provider), or keys,jwt
  JWT_JWKS_URL  where the identity provider publishes its keys; needed by jwt, as are the next two
  JWT_ISSUER    the iss that its tokens have
  JWT_AUDIENCE  the aud that tokens for this gateway have
  JWT_ALGORITHMS
                the signatures that are accepted (RS256,PS256,ES256,EdDSA)
  JWT_ORGANIZATION_CLAIM, JWT_SCOPE_CLAIM
                the claims that name organizations and scopes (organization, scope)
  JWT_USER_CLAIM
                the claim that holds the reference of a user, who becomes createdBy (none)
  RATE_LIMIT    how often a caller may call, per s, min or h, such as 600/min, or off (60000/min; with AUTH=off: off)
  TRUSTED_PROXIES
                the proxies whose X-Forwarded-For tells where a caller is: addresses and subnets such as 10.0.0.0/8,
                or how many there are one behind another (none)
  GRAPHIQL      on, off: whether GraphiQL is at /graphql in a browser (on with AUTH=off, else off)
  INTROSPECTION on, off: whether clients may ask for the schema, and errors guess what was meant (as GRAPHIQL)
  DATA_DIR      the folder that holds the embedded database, and the images unless S3_BUCKET is set (./data)
  DATABASE_URL  a PostgreSQL server instead of the embedded database: postgres://user:password@host:5432/database
  PUBLIC_URL    what the addresses in answers begin with (http://HOST:PORT)
  CORS_ORIGINS  the origins whose pages may call GraphQL and read pictures, such as https://app.example.com (none);
                with AUTH also *
  MAX_CONNECTIONS
                how many connections a process serves at a time (2000)
  PERSISTED_OPERATIONS
                a JSON file of GraphQL operations by id, which clients may then name by documentId (none)
  S3_BUCKET     a bucket of an S3-compatible store, for the images instead of a folder; with it:
    S3_ENDPOINT           the store's URL (Amazon's of the region)
    S3_REGION             the bucket's region (needed without S3_ENDPOINT, else us-east-1)
    S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY
                          a key that may list, read, write and delete there
    S3_PREFIX             what the names of objects begin with, such as gateway/images (none)
    S3_FORCE_PATH_STYLE   whether the bucket is in the path, not in the host name (true with S3_ENDPOINT, else false)
    IMAGES_READ           proxy: pictures are read through the gateway; presign: it sends clients to the store (proxy)
  LOG_LEVEL     what goes to standard error, a JSON object a line: debug, info, warn, error or silent (info)
  ACCESS_LOG    on: every request is a line of the log, not only slow ones (off)
  METRICS_PORT  a port of its own for /metrics, /livez and /readyz; without it /metrics is at PORT, on loopback only
  METRICS_HOST  the address for that port (127.0.0.1)
  DRAIN_DELAY   seconds for which a process that is to stop goes on, not ready, so that balancers see it (0)
  OTEL_EXPORTER_OTLP_ENDPOINT
                where traces go, by OTLP over HTTP: http://127.0.0.1:4318 (none)
`;

const examplesHelp = `
Examples:
  customer-gateway serve                               everything in ./data, nothing to install
  PORT=8080 customer-gateway serve
  customer-gateway serve --workers auto                all cores, on the PostgreSQL server of DATABASE_URL
  customer-gateway provision examples/entity1.yaml     the file says in comments what may be in it
  customer-gateway prune-changes --older-than 90d      for a timer: the feed of changes grows with every change
  customer-gateway sweep-images --dry-run              which image files no record names; serve sweeps them once a day
  customer-gateway keep-images --for 1d                first step of a backup: see docs/operations.md
  customer-gateway import customers customers.csv      columns are the parameters of the contract; see import --help
  customer-gateway keys create --name ERP --scope read,write --expires 365d > erp.key
  customer-gateway print-schema > schema.graphql

Exit codes: 0 done, 1 failed, 2 wrongly called, 3 imported but for some refused rows.
`;

const importHelp = `
CSV and TSV begin with a header of column names: reference and the contract's parameters (name, categoryId,
billingCity, …), without images. NDJSON has a JSON object in each line, its keys the same names: numbers, booleans, lists
and null, which clears; a number names a record by its id. UTF-8, also packed by gzip.

- A column that is left out keeps what is stored, and a new record needs a name. An empty cell does what an empty
  parameter of the form does: it clears a text, a number or a relation (--empty-cells keep: it does nothing).
- Rows take effect in the order of the file; a parent comes before its children.
- Refused rows go to FILE.rejected.FORMAT with their line and the reason. Mend them there and import that file.
- An import that is cut off goes on where it was when it is called again, also after a kill. How far it has come is in
  FILE.import-state.json beside the refused rows until it is finished. Standard input cannot go on. Rows that were in
  when it was killed, but not yet noted, are told as unchanged.
- --dry-run writes and locks nothing. Each row is judged by what is stored and by the parents that earlier rows would
  create; of a reference that is in the file twice both rows are judged as the first. It remembers the references it
  would create, some 100 bytes for each.

Exit codes: 0 everything is in, 1 failed or stopped, 2 wrongly called, 3 some rows were refused.
`;

function readVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('package.json', packageRoot), 'utf8'));
  return typeof manifest === 'object' && manifest && 'version' in manifest ? String(manifest.version) : 'unknown';
}

async function readInput(file: string, stdin: CliIo['stdin']): Promise<string> {
  const bytes = file === '-' ? await readAll(stdin) : await readNamedFile(file);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Error(`Cannot read ${file}: it is not UTF-8 text.`);
  }
}

async function readAll(stdin: CliIo['stdin']): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stdin) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

async function readNamedFile(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new Error(describeReadFailure(file, error), { cause: error });
  }
}

function parseWorkers(text: string): string {
  if (!isWorkers(text)) throw new InvalidArgumentError(`It must be ${expectedWorkers}.`);
  return text;
}

async function serveCommand(workers: string | undefined, io: CliIo): Promise<number> {
  const config = readConfig(workers === undefined ? io.env : { ...io.env, WORKERS: workers });
  if (config.workers === 1) return serveUntilSignal(config, io);
  const { serveByWorkers } = await import('./workers/serve.ts');
  return serveByWorkers(config, io);
}

async function serveUntilSignal(config: Config, io: CliIo): Promise<number> {
  const { serve } = await import('./main.ts');
  const running = await serve(config, { print: (line) => io.out(`${line}\n`), writeLog: io.err });
  await waitForSignal(io.signals);
  await running.drain();
  await running.stop();
  return 0;
}

async function migrate(io: CliIo): Promise<void> {
  const applied = await withDatabase(readConfig(io.env), (_, names) => Promise.resolve(names));
  for (const name of applied) io.out(`Applied ${name}\n`);
  io.out('The database is up to date.\n');
}

function describeReport({ organization, counts }: ProvisionReport): string {
  const { id, name, folder, outcome } = organization;
  const rows = Object.entries(counts).map(([kind, count]) => [kind, count.created, count.updated, count.unchanged]);
  const lines = [['', 'created', 'updated', 'unchanged'], ...rows].map(([kind, ...cells]) =>
    [String(kind).padEnd(24), ...cells.map((cell) => String(cell).padStart(10))].join(''),
  );
  return `Organization "${name}" ${outcome}: id ${id}, image folder ${folder}\n${lines.join('\n')}\n`;
}

async function provisionFile(file: string, io: CliIo): Promise<void> {
  const config = readConfig(io.env);
  const [{ parseOrganizationFile }, { provision }] = await Promise.all([
    import('./provision-file.ts'),
    import('./services/provisioning.ts'),
  ]);
  const organization = parseOrganizationFile(await readInput(file, io.stdin), file === '-' ? 'stdin' : file);
  const report = await withDatabase(config, (db) => provision(db, organization, new Date()));
  io.out(describeReport(report));
}

async function prune(days: number, io: CliIo): Promise<void> {
  const config = readConfig(io.env);
  const { pruneChanges } = await import('./services/changes/prune.ts');
  const report = (count: number) => io.out(`Removed ${count} changes so far.\n`);
  const removed = await withDatabase(config, (db) => pruneChanges({ db }, days, report));
  io.out(`Removed ${removed} changes older than ${days} days.\n`);
}

async function sweep({ olderThan, dryRun = false }: { olderThan: number; dryRun?: boolean }, io: CliIo): Promise<void> {
  const config = readConfig(io.env);
  const command = await import('./sweep-command.ts');
  await command.sweepFiles({ config, olderThan, dryRun }, io.out);
}

async function keep(days: number, io: CliIo): Promise<void> {
  const config = readConfig(io.env);
  const command = await import('./sweep-command.ts');
  await command.keepFiles({ config, days }, io.out);
}

async function importFile(call: ImportCall, io: CliIo): Promise<number> {
  const command = await import('./import-command.ts');
  return command.importFile(call, io);
}

async function printSchema(io: CliIo): Promise<void> {
  const schema = await import('./graphql/print-schema.ts');
  io.out(schema.printSchema());
}

function createProgram(io: CliIo, exit: (code: number) => void): Command {
  const program = new Command('customer-gateway')
    .description('A customer master-data gateway: one upsert by external reference, as GraphQL and as a form POST.')
    .version(readVersion())
    .exitOverride()
    .configureOutput({ writeOut: io.out, writeErr: io.err })
    .showHelpAfterError('customer-gateway --help tells how to call it.')
    .addHelpText('after', environmentHelp + examplesHelp);
  program
    .command('serve')
    .description('serve GraphQL and REST until SIGINT or SIGTERM')
    .option('--workers <count>', 'how many processes serve, auto for one on each core (WORKERS, or 1)', parseWorkers)
    .addHelpText('after', environmentHelp)
    .action(async ({ workers }: { workers?: string }) => exit(await serveCommand(workers, io)));
  program
    .command('migrate')
    .description('create or update the tables of the database (serve and provision do it too)')
    .action(() => migrate(io));
  program
    .command('provision')
    .description('create or update an organization from a YAML file; nothing is ever deleted')
    .argument('<file>', 'the organization file, or - for standard input')
    .addHelpText(
      'after',
      '\nexamples/entity1.yaml is such a file, with comments. An embedded database must not be in use.',
    )
    .action((file: string) => provisionFile(file, io));
  program
    .command('prune-changes')
    .description('remove old changes from the feed; whoever has not read them must start over')
    .requiredOption('--older-than <days>', 'how old they must be, such as 90d', parseDays)
    .addHelpText(
      'after',
      '\nWork goes in short transactions beside a running gateway. An embedded database must not be in use.',
    )
    .action(({ olderThan }: { olderThan: number }) => prune(olderThan, io));
  program
    .command('sweep-images')
    .description(
      'delete image files that no record names, such as a process leaves that was killed (serve does it once a day)',
    )
    .option('--older-than <days>', 'how old they must be, such as 7d', parseDays, 1)
    .option('--dry-run', 'tell which, and delete nothing')
    .addHelpText(
      'after',
      '\nWork goes in batches beside a running gateway. An embedded database must not be in use. Files in folders of no\norganization of the database are left alone.',
    )
    .action((options: { olderThan: number; dryRun?: boolean }) => sweep(options, io));
  program
    .command('keep-images')
    .description('delete no image file for some days, so that a backup finds all that its copy of the database names')
    .option('--for <days>', 'how long, such as 2d', parseDays, 1)
    .addHelpText('after', '\nTo be run before the database is copied; the files are copied after it.')
    .action(({ for: days }: { for: number }) => keep(days, io));
  program
    .command('import')
    .description('upsert every row of a file; refused rows go to a file that can be mended and imported again')
    .addArgument(new Argument('<collection>', 'what the rows are').choices(['customers', 'customerCategories']))
    .argument('<file>', 'a .csv, .tsv, .ndjson or .jsonl file, also with .gz, or - for standard input')
    .addOption(
      new Option('--format <format>', 'of a file whose name does not tell it').choices(['csv', 'tsv', 'ndjson']),
    )
    .option('--organization <name>', 'name or id of the organization, where there are several')
    .option('--dry-run', 'tell what would happen, and change nothing')
    .option('--restart', 'begin again, whatever an earlier import that was cut off has done')
    .addOption(
      new Option('--empty-cells <meaning>', 'what an empty cell does to what is stored')
        .choices(['clear', 'keep'])
        .default('clear'),
    )
    .option('--rejected <file>', 'where refused rows go, and how far the import has come')
    .option('--json', 'print the summary as one line of JSON')
    .option('--quiet', 'do not tell how far it is')
    .addHelpText('after', importHelp)
    .action(
      async (collection: ImportCall['collection'], file: string, options: Omit<ImportCall, 'collection' | 'file'>) =>
        exit(await importFile({ ...options, collection, file }, io)),
    );
  addKeysCommand(program, io);
  program
    .command('print-schema')
    .description('print the GraphQL schema')
    .action(() => printSchema(io));
  return program;
}

/** Runs one command and answers the exit code: 0 done, 1 failed, 2 wrongly called, 3 some rows were refused. Never throws. */
export async function runCli(argv: readonly string[], io: CliIo): Promise<number> {
  let code = 0;
  try {
    await createProgram(io, (exit) => (code = exit)).parseAsync([...argv], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    io.err(`${describeFailure(error)}\n`);
    return 1;
  }
}
