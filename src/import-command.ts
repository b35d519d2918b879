import { constants, createReadStream } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import path from 'node:path';
import type { OrganizationIdentity } from './actor.ts';
import { chooseOrganization } from './choose-organization.ts';
import { type Config, readConfig } from './config.ts';
import { openChangeSignal } from './db/client.ts';
import type { Database } from './db/schema.ts';
import { describeReadFailure } from './describe-read-failure.ts';
import { createImageRenderer } from './images/render.ts';
import { CheckpointFile } from './import/checkpoint.ts';
import { type CollectionName, collections } from './import/collection.ts';
import type { EmptyCells } from './import/draft.ts';
import { type Format, createReader, findFormat, stripExtensions } from './import/formats.ts';
import { describeProgress } from './import/progress.ts';
import { ProgressLine } from './import/progress-line.ts';
import { RejectedFile } from './import/rejected-file.ts';
import { UnreadableFileError } from './import/rows.ts';
import { type ImportSettings, importRows } from './import/run.ts';
import { type ImportSummary, renderSummary, renderSummaryJson } from './import/summary.ts';
import { countRows, emptyTally } from './import/tally.ts';
import type { CliIo } from './program.ts';
import { listenForStop } from './stop-signals.ts';
import type { UpsertDeps } from './services/deps.ts';
import { listOrganizations } from './services/organizations.ts';
import { openStore } from './storage/open.ts';
import { withDatabase } from './with-database.ts';

/** How `import` was called; `file` is `-` for standard input. */
export type ImportCall = {
  readonly collection: CollectionName;
  readonly file: string;
  readonly format?: Format;
  readonly organization?: string;
  readonly rejected?: string;
  readonly emptyCells: EmptyCells;
  readonly dryRun?: true;
  readonly restart?: true;
  readonly quiet?: true;
  readonly json?: true;
};

/** The exit code where everything but some refused rows is in. */
const someRefused = 3;

/** The bytes of the file, counted; `total` is how many there are, where that is known. */
type Source = { readonly bytes: AsyncIterable<Uint8Array>; readonly total: number | undefined; read: number };

const isStdin = (file: string) => file === '-';

async function openSource(file: string, stdin: CliIo['stdin']): Promise<Source> {
  const size = isStdin(file) ? 0 : await requireReadable(file);
  const count = async function* (): AsyncGenerator<Uint8Array, void> {
    // Opened only where its failure is waited for.
    const chunks: CliIo['stdin'] = isStdin(file) ? stdin : createReadStream(file, { highWaterMark: 262_144 });
    try {
      for await (const chunk of chunks) {
        source.read += chunk.length;
        yield Buffer.from(chunk);
      }
    } catch (error) {
      throw new Error(describeReadFailure(file, error), { cause: error });
    }
  };
  const source: Source = { bytes: count(), total: size || undefined, read: 0 };
  return source;
}

/** Answers how many bytes the file has, as far as that is known. */
async function requireReadable(file: string): Promise<number> {
  try {
    await access(file, constants.R_OK);
    const status = await stat(file);
    if (status.isDirectory()) throw Object.assign(new Error('It is a folder.'), { code: 'EISDIR' });
    return status.size;
  } catch (error) {
    throw new Error(describeReadFailure(file, error), { cause: error });
  }
}

/** Beside the file, unless told; a dry run leaves the file of an import that may go on alone. */
function placeRejected({ collection, file, rejected, dryRun }: ImportCall, format: Format): string {
  const stem = isStdin(file) ? collection : stripExtensions(file);
  const place = rejected ?? `${stem}${dryRun ? '.dry-run' : ''}.rejected.${format}`;
  if (path.resolve(place) === path.resolve(file)) throw new Error(`--rejected must not be the file itself: ${place}`);
  return place;
}

function placeCheckpoint({ file, dryRun }: ImportCall, rejectedPath: string): CheckpointFile | undefined {
  if (isStdin(file) || dryRun) return undefined;
  return new CheckpointFile(path.join(path.dirname(rejectedPath), `${path.basename(file)}.import-state.json`));
}

function requireFormat({ file, format }: ImportCall): Format {
  const known = format ?? (isStdin(file) ? undefined : findFormat(file));
  if (known) return known;
  throw new Error(`${isStdin(file) ? 'Standard input' : file} tells no format: say --format csv, tsv or ndjson.`);
}

function describeRest(rows: number, checkpoint: CheckpointFile | undefined): string {
  const ending = checkpoint
    ? 'The same command goes on from there.'
    : 'Rows that are in are left as they are when sent again.';
  return `${rows} rows are done. ${ending}`;
}

type Run = Omit<ImportSettings, 'onProgress' | 'bytes'> & { readonly source: Source };

/** Imports, telling on standard error how far it is; the failure of one that can go on says so. */
async function runImport(
  deps: UpsertDeps,
  organization: OrganizationIdentity,
  call: ImportCall,
  io: CliIo,
  { source, ...settings }: Run,
): Promise<ImportSummary> {
  const { collection, file, dryRun = false, quiet = false } = call;
  const start = { rows: 0, at: performance.now() };
  let tally = emptyTally;
  const seconds = () => (performance.now() - start.at) / 1_000;
  const describe = () => {
    const rows = countRows(tally) - start.rows;
    return describeProgress({ tally, rows, seconds: seconds(), bytes: source.read, total: source.total });
  };
  const line = quiet ? undefined : new ProgressLine(io.err, io.terminalWidth, describe);
  let isBegun = false;
  const onProgress: ImportSettings['onProgress'] = (now) => {
    if (!isBegun) start.rows = countRows(now);
    isBegun = true;
    tally = now;
  };
  try {
    const actor = { organization, userId: null };
    const report = await importRows(deps, actor, { ...settings, bytes: source.bytes, onProgress });
    const rejectedFile = report.tally.refused > 0 ? settings.rejected.path : null;
    const { resumedAt, isStopped: stopped } = report;
    const names = { collection, organization: organization.name, file };
    return { ...names, dryRun, stopped, tally: report.tally, resumedAt, seconds: seconds(), rejectedFile };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const where = error instanceof UnreadableFileError ? `${file}: ` : '';
    const rest = countRows(tally) > 0 && !dryRun ? `\n${describeRest(countRows(tally), settings.checkpoint)}` : '';
    throw new Error(`${where}${reason}${rest}`, { cause: error });
  } finally {
    line?.end();
  }
}

type Files = Pick<Run, 'source' | 'reader' | 'rejected' | 'checkpoint'>;

/** What can be told to be wrong before the database is opened is told here. */
async function prepareFiles(call: ImportCall, io: CliIo): Promise<Files> {
  const { collection, file, emptyCells } = call;
  const format = requireFormat(call);
  const reader = createReader(format, collections[collection].columns, emptyCells);
  const rejected = new RejectedFile(placeRejected(call, format), () => reader.rejectedHeader());
  const checkpoint = placeCheckpoint(call, rejected.path);
  return { source: await openSource(file, io.stdin), reader, rejected, checkpoint };
}

async function importInto(
  db: Database,
  config: Config,
  call: ImportCall,
  io: CliIo,
  files: Files,
): Promise<ImportSummary> {
  const { collection, dryRun = false, restart = false } = call;
  const organization = chooseOrganization(await listOrganizations(db), call.organization);
  await using signal = openChangeSignal(config.database);
  using store = await openStore(config.images, config.secrets.s3);
  const deps: UpsertDeps = { db, blobs: store.blobs, images: createImageRenderer(), now: () => new Date(), signal };
  const { stop, release } = listenForStop(io.signals);
  try {
    const run: Run = { ...files, collection, dryRun, restart, stop };
    return await runImport(deps, organization, call, io, run);
  } finally {
    release();
  }
}

/** Imports a file and answers the exit code: 0 everything is in, 1 it was stopped, 3 some rows were refused. */
export async function importFile(call: ImportCall, io: CliIo): Promise<number> {
  const config = readConfig(io.env);
  const files = await prepareFiles(call, io);
  const summary = await withDatabase(config, (db) => importInto(db, config, call, io, files));
  io.out(call.json ? renderSummaryJson(summary) : renderSummary(summary));
  if (summary.stopped) {
    const isFile = !isStdin(call.file) && !summary.dryRun;
    io.err(`Stopped before the end. ${isFile ? 'The same command goes on from here.' : ''}\n`);
    return 1;
  }
  return summary.tally.refused > 0 ? someRefused : 0;
}
