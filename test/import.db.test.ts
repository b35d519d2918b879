import { execFile } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, open, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { openDatabase } from '../src/db/client.ts';
import type { Database } from '../src/db/schema.ts';
import { batchLimits } from '../src/import/batches.ts';
import { type CliRun, runCommand } from './support/cli.ts';
import { startCommand } from './support/cli-process.ts';
import { type TestStorage, createProvisionedStorage } from './support/database.ts';

const exampleFile = fileURLToPath(new URL('../examples/entity1.yaml', import.meta.url));
let storage: TestStorage;
let folder: string;

// One database for all, since commands take their time to open it: every test has references of its own.
beforeAll(async () => {
  storage = await createProvisionedStorage();
});

afterAll(() => storage[Symbol.asyncDispose]());

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'customer-gateway-import-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const place = (name: string) => path.join(folder, name);

async function write(name: string, content: string | Uint8Array): Promise<string> {
  await writeFile(place(name), content);
  return place(name);
}

type Summary = Readonly<Record<string, unknown>>;

async function importFile(file: string, ...options: string[]): Promise<CliRun & { summary: Summary }> {
  const run = await runCommand(['import', 'customers', file, '--quiet', '--json', ...options], { env: storage.env });
  return { ...run, summary: run.out === '' ? {} : (JSON.parse(run.out) as Summary) };
}

async function query<Row>(read: (db: Database) => Promise<Row>): Promise<Row> {
  await using database = await openDatabase(storage.settings);
  return await read(database.db);
}

/** The customers whose references begin so. */
function readCustomers(prefix: string) {
  return query((db) =>
    db
      .selectFrom('customers')
      .select(['reference', 'name', 'billing_city', 'version'])
      .where('reference', 'like', `${prefix}%`)
      .orderBy('reference')
      .execute(),
  );
}

describe('customer-gateway import', () => {
  it('creates, updates and leaves alone what a CSV file says, and tells how many of each', async () => {
    const file = await write(
      'customers.csv',
      'reference,name,billingCity,categoryId\nfirst-A,Anna,Nice,jewelry\nfirst-B,Ben,,\n',
    );
    const first = await importFile(file);
    expect({ code: first.code, err: first.err }).toEqual({ code: 0, err: '' });
    expect(first.summary).toMatchObject({
      rows: 2,
      created: 2,
      refused: 0,
      rejectedFile: null,
      organization: 'entity1',
    });
    await writeFile(file, 'reference,billingCity\nfirst-A,Lyon\nfirst-B,\n');
    const second = await importFile(file);
    expect(second.summary).toMatchObject({ created: 0, updated: 1, unchanged: 1 });
    expect(await readCustomers('first-')).toEqual([
      { reference: 'first-A', name: 'Anna', billing_city: 'Lyon', version: 2 },
      { reference: 'first-B', name: 'Ben', billing_city: null, version: 1 },
    ]);
    expect(await readdir(folder)).toEqual(['customers.csv']);
  });

  it('lets rows take effect in the order of the file, over many batches', async () => {
    // Each record comes back three times, and each child names a parent of an earlier batch.
    const records = batchLimits.rows + 200;
    const rows = Array.from({ length: 3 * records }, (_, index) => {
      const number = index % records;
      const parent = index >= records && number > 0 ? `true,order-${number - 1}` : ',';
      return `order-${number},Name ${index},${parent}`;
    });
    const file = await write('customers.csv', ['reference,name,isSubCustomer,parentCustomer', ...rows].join('\n'));
    const { summary } = await importFile(file);
    expect(summary).toMatchObject({ rows: 3 * records, created: records, refused: 0 });
    const names = (await readCustomers('order-')).map(({ reference, name }) => `${reference} ${name}`).toSorted();
    expect(names).toEqual(
      Array.from({ length: records }, (_, number) => `order-${number} Name ${2 * records + number}`).toSorted(),
    );
  });

  it('tells in a dry run what would happen, refused rows too, and changes nothing', async () => {
    await importFile(await write('customers.csv', 'reference,name\ntry-A,Anna\n'));
    const text = [
      'reference,name,isSubCustomer,parentCustomer',
      'try-A,Anna,,',
      'try-B,Ben,,',
      'try-C,Carl,true,try-B',
      'try-D,Dora,true,nobody',
      'try-E,,true,try-C',
    ];
    // More than one batch, so that what would be created is remembered from one to the next.
    const many = Array.from({ length: batchLimits.rows }, (_, index) => `try-M${index},Many,true,try-C`);
    const created = many.length + 2;
    const file = await write('customers.csv', [...text, ...many].join('\n'));
    const before = await query((db) => db.selectFrom('changes').select(['reference', 'version']).execute());
    const { code, summary } = await importFile(file, '--dry-run');
    expect(code).toBe(3);
    expect(summary).toMatchObject({ dryRun: true, created, updated: 0, unchanged: 1, refused: 2 });
    expect(await readFile(place('customers.dry-run.rejected.csv'), 'utf8')).toBe(
      'line,reason,reference,name,isSubCustomer,parentCustomer\n' +
        "5,The parent customer with the id nobody doesn't exist.,try-D,Dora,true,nobody\n" +
        '6,name parameter is missing,try-E,,true,try-C\n',
    );
    expect(await query((db) => db.selectFrom('changes').select(['reference', 'version']).execute())).toEqual(before);
    expect((await importFile(file)).summary).toMatchObject({ created, unchanged: 1, refused: 2 });
  });
});

const total = 5 * batchLimits.rows + 200;
/** The first batch is told of when the fourth is sent: so many are enough for that, and not all. */
const held = total - batchLimits.rows;
const isBad = (index: number) => index % 100 === 7;
const lines = (prefix: string, count = total) =>
  Array.from({ length: count }, (_, index) => `${prefix}${index},${isBad(index) ? '' : `Name ${index}`}`);
const table = (rows: readonly string[]) => ['reference,name', ...rows, ''].join('\n');
const state = (name = 'customers.csv') => place(`${name}.import-state.json`);
const rejectedLines = async () => {
  const text = await readFile(place('customers.rejected.csv'), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => line.split(',')[0]);
};

describe('an import that is cut off', () => {
  /** A file that does not end before it is closed, so that nobody gets to the end of it too soon. */
  async function openPipe() {
    const file = place('customers.csv');
    await promisify(execFile)('mkfifo', [file]);
    const pipe = await open(file, 'r+');
    return { file, pipe };
  }

  const firstBatchDone = () => vi.waitUntil(() => existsSync(state()), { timeout: 180_000, interval: 5 });

  it('by a kill goes on where it was: every row is in once, every refused row is told of once', async () => {
    const { file, pipe } = await openPipe();
    const first = startCommand(inject('program'), ['import', 'customers', file, '--quiet'], storage.env);
    await pipe.write(table(lines('killed-', held)));
    await firstBatchDone();
    await first.kill();
    await pipe.close();
    await rm(file);
    await write('customers.csv', table(lines('killed-')));
    const left = JSON.parse(await readFile(state(), 'utf8')) as { rows: number };
    expect(left.rows).toBeGreaterThan(0);
    expect(left.rows).toBeLessThan(total);

    const { code, summary } = await importFile(file);
    expect(code).toBe(3);
    const { created, unchanged, refused, resumedAt } = summary as Record<string, number>;
    expect(refused).toBe(total / 100);
    expect(resumedAt).toBe(left.rows);
    expect((created ?? 0) + (unchanged ?? 0)).toBe(total - total / 100);
    const stored = await readCustomers('killed-');
    expect(stored.map(({ version }) => version)).toEqual(Array.from({ length: total - total / 100 }, () => 1));
    const bad = Array.from({ length: total }, (_, index) => index).filter(isBad);
    expect(await rejectedLines()).toEqual(['line', ...bad.map((index) => String(index + 2))]);
    expect(existsSync(state())).toBe(false);
  });

  it('by a signal finishes what is under way, says so, and goes on', async () => {
    const { file, pipe } = await openPipe();
    const signals = new EventEmitter();
    const running = runCommand(['import', 'customers', file, '--quiet'], { env: storage.env, signals });
    await pipe.write(table(lines('signalled-', held)));
    await firstBatchDone();
    signals.emit('SIGINT');
    await pipe.close();
    const { code, out, err } = await running;
    await rm(file);
    await write('customers.csv', table(lines('signalled-')));
    expect(code).toBe(1);
    expect(out).toMatch(/^Imported .* rows/);
    expect(err).toBe('Stopped before the end. The same command goes on from here.\n');
    expect(signals.listenerCount('SIGINT') + signals.listenerCount('SIGTERM')).toBe(0);
    expect((await importFile(file)).summary).toMatchObject({ rows: total, created: total - total / 100, unchanged: 0 });
  });
});

describe('the file of an import', () => {
  it('tells people what became of the rows', async () => {
    const file = await write('customers.csv', 'reference,name\npeople-A,Anna\npeople-B,\n');
    const { code, out, err } = await runCommand(['import', 'customers', file], { env: storage.env });
    expect({ code, err }).toEqual({ code: 3, err: '' });
    expect(out).toMatch(/^Imported .*customers\.csv as customers of entity1: 2 rows \(/);
    expect(out).toMatch(/^ {2}created +1$/m);
    expect(out).toMatch(/^ {2}refused +1 {2}mend them in .*customers\.rejected\.csv and import that$/m);
  });

  it('imports categories, each below one of an earlier row, from packed NDJSON', async () => {
    const lines = [
      { reference: 'c1', name: 'One', parentId: 'root', description: 'First' },
      { reference: 'c2', name: 'Two', parentId: 'c1' },
      { reference: 'c3', name: 'Three', parentId: 'c2' },
    ];
    const file = await write('c.ndjson.gz', gzipSync(lines.map((line) => JSON.stringify(line)).join('\n')));
    const argv = ['import', 'customerCategories', file, '--json'];
    const tried = await runCommand([...argv, '--dry-run'], { env: storage.env });
    expect(JSON.parse(tried.out)).toMatchObject({ dryRun: true, created: 3, refused: 0 });
    const { code, out } = await runCommand(argv, { env: storage.env });
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ created: 3 });
  });

  it('reads standard input, and says how its changes came in', async () => {
    const argv = ['import', 'customers', '-', '--format', 'tsv', '--rejected', place('no.tsv')];
    const { code } = await runCommand(argv, { env: storage.env, input: 'reference\tname\nstdin-A\tAnna\n' });
    expect(code).toBe(0);
    const changes = await query((db) =>
      db.selectFrom('changes').select(['reference', 'door']).where('reference', '=', 'stdin-A').execute(),
    );
    expect(changes).toEqual([{ reference: 'stdin-A', door: 'import' }]);
  });

  it('writes refused rows with line and reason to a file that is mended and imported', async () => {
    const text =
      'reference,name,comment\nmend-A,Anna,"two\nlines"\nmend-B,,"a ""b"", c"\nmend-C,Carl\n,Dora,\nmend-E,Eve,"x" y\n';
    const { code, summary } = await importFile(await write('customers.csv', text));
    expect(code).toBe(3);
    expect(summary).toMatchObject({ created: 1, refused: 4, rejectedFile: place('customers.rejected.csv') });
    const rejected = await readFile(place('customers.rejected.csv'), 'utf8');
    expect(rejected).toBe(
      'line,reason,reference,name,comment\n' +
        '4,name parameter is missing,mend-B,,"a ""b"", c"\n' +
        '5,"The row has 2 cells, the header 3.",mend-C,Carl\n' +
        '6,reference parameter is missing,,Dora,\n' +
        '7,Cell 3 goes on after its closing quote.,mend-E,Eve,"""x"" y"\n',
    );
    const mended = rejected.replace('B,,', 'B,Ben,').replace('C,Carl', 'C,Carl,').replace(',,Dora', ',mend-D,Dora');
    await writeFile(place('customers.rejected.csv'), mended);
    expect((await importFile(place('customers.rejected.csv'))).summary).toMatchObject({ created: 4, refused: 0 });
    expect((await readCustomers('mend-')).map(({ reference }) => reference)).toEqual([
      'mend-A',
      'mend-B',
      'mend-C',
      'mend-D',
      'mend-E',
    ]);
  });

  it('removes the refused rows of an earlier import of the file', async () => {
    const file = await write('customers.csv', 'reference,name\nremoved-A,\n');
    await importFile(file);
    expect(existsSync(place('customers.rejected.csv'))).toBe(true);
    await writeFile(file, 'reference,name\nremoved-A,Anna\n');
    await importFile(file);
    expect(existsSync(place('customers.rejected.csv'))).toBe(false);
  });

  it('refuses a wrong header before the first row, and leaves nothing behind', async () => {
    const file = await write('customers.csv', 'reference,nam\nA,Anna\n');
    const { code, out, err } = await importFile(file);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(
      /^.*customers\.csv: The header is wrong: "nam" is no column \(did you mean name\?\)\. The columns/,
    );
    expect(await readdir(folder)).toEqual(['customers.csv']);
  });

  it.each([
    [['customers', '/no/such.csv'], 1, 'Cannot read /no/such.csv: there is no such file.'],
    [['customers', '/'], 1, '/ tells no format: say --format csv, tsv or ndjson.'],
    [['customers', '/', '--format', 'csv'], 1, 'Cannot read /: it is a folder.'],
    [
      ['customers', exampleFile, '--format', 'csv', '--organization', 'nobody'],
      1,
      'There is no organization "nobody"; there are "entity1".',
    ],
    [['customers', 'x.csv', '--rejected', './x.csv'], 1, '--rejected must not be the file itself: ./x.csv'],
    [
      ['users', 'x.csv'],
      2,
      "value 'users' is invalid for argument 'collection'. Allowed choices are customers, customerCategories.",
    ],
    [['customers', 'x.csv', '--format', 'xml'], 2, "argument 'xml' is invalid"],
  ])('answers %j with code %i and why', async (argv, code, message) => {
    const run = await runCommand(['import', ...argv], { env: storage.env });
    expect({ code: run.code, out: run.out }).toEqual({ code, out: '' });
    expect(run.err).toMatch(message);
  });

  it('asks for the organization where there are several', async () => {
    const input = 'name: other\ncurrency: USD\nrootCategory: { reference: root, name: All }\n';
    await using own = await createProvisionedStorage();
    await runCommand(['provision', '-'], { env: own.env, input });
    const file = await write('customers.csv', 'reference,name\nA,Anna\n');
    const choose = async (...options: string[]) => {
      const run = await runCommand(['import', 'customers', file, '--json', ...options], { env: own.env });
      return { ...run, summary: run.code === 0 ? (JSON.parse(run.out) as Summary) : {} };
    };
    const unsaid = await choose();
    expect(unsaid.code).toBe(1);
    expect(unsaid.err).toMatch('There are several organizations, so say --organization: "entity1", "other".');
    expect((await choose('--organization', 'other')).summary).toMatchObject({
      organization: 'other',
      created: 1,
    });
    expect((await choose('--organization', '1')).summary).toMatchObject({
      organization: 'entity1',
      created: 1,
    });
  });
});

describe('an import that ends early', () => {
  it('by a line that cannot be read keeps what came before, and goes on once it is mended', async () => {
    const file = await write('customers.csv', `${table(lines('unread-', 1_200))}X,"never closed\n`);
    const { code, err } = await importFile(file);
    expect(code).toBe(1);
    expect(err).toBe(
      `${file}: The row that begins in line 1202 does not end: a quote is not closed.\n` +
        '1200 rows are done. The same command goes on from there.\n',
    );
    await writeFile(file, `${table(lines('unread-', 1_200))}X,closed\n`);
    expect((await importFile(file)).summary).toMatchObject({ rows: 1_201, resumedAt: 1_200, created: 1_189 });
  });

  it('does not go on in another file of that name, but begins again where that is asked for', async () => {
    const file = await write('customers.csv', `${table(lines('other-', 600))}X,"never closed\n`);
    await importFile(file);
    await writeFile(file, table(['other-0,Another', ...lines('other-', 600).slice(1)]));
    const { code, err } = await importFile(file);
    expect(code).toBe(1);
    expect(err).toMatch('The first 600 rows, which are imported, have changed since: --restart begins again.');
    const other = await runCommand(['import', 'customerCategories', file], { env: storage.env });
    expect(other.err).toMatch('An import of this file as customers of entity1 is not finished: --restart forgets it.');
    expect((await importFile(file, '--restart')).summary).toMatchObject({ rows: 600, updated: 1, resumedAt: 0 });
  });
});
