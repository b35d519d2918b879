import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Actor } from '../src/actor.ts';
import { texts } from '../src/contract/errors.ts';
import type { UpsertCustomerInput } from '../src/services/customers/input.ts';
import { type CustomerResult, customerModel } from '../src/services/customers/upsert.ts';
import { CallerGoneError, ServiceUnavailableError } from '../src/services/errors.ts';
import { type CombinerLimits, UpsertCombiner } from '../src/services/upsert/combiner.ts';
import { UpsertEngine } from '../src/services/upsert/engine.ts';
import { countTimers } from './support/count-timers.ts';
import { type TestGateway, openTestGateway } from './support/gateway.ts';
import { makePicture } from './support/pictures.ts';
import { watch } from './support/watch.ts';
import { createRootedOrganization } from './support/organizations.ts';

let gateway: TestGateway;
let actor: Actor;

let other: Actor;

beforeAll(async () => {
  gateway = await openTestGateway();
  ({ actor } = gateway);
  other = await createRootedOrganization(gateway.deps.db, 'other');
});

afterAll(() => gateway[Symbol.asyncDispose]());

type Upsert = (input: UpsertCustomerInput, as?: Actor, hasLeft?: () => boolean) => Promise<CustomerResult>;

/** A combiner of its own; `db` may be one that is looked at. */
function createUpsert({ db = gateway.deps.db, blobs = gateway.deps.blobs, limits = {} } = {}): Upsert {
  const combiner = new UpsertCombiner(new UpsertEngine(customerModel, { ...gateway.deps, db, blobs }), { limits });
  return (input, as = actor, hasLeft) => combiner.upsert(as, { input, problems: [] }, hasLeft);
}

/** The database, whose reading statements wait until the gate is opened, and how many have begun. */
function createGate() {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  const begun: string[] = [];
  const db = watch(gateway.deps.db, {
    before: (isWrite, statement) => {
      if (!isWrite) begun.push(statement);
    },
    after: (isWrite) => (isWrite ? undefined : opened),
  });
  return { db, open, begun };
}

function readCustomers(as: Actor, prefix: string) {
  return gateway.deps.db
    .selectFrom('customers')
    .select(['reference', 'name', 'email', 'version'])
    .where('organization_id', '=', as.organization.id)
    .where('reference', 'like', `${prefix}%`)
    .orderBy('reference')
    .execute();
}

function numbered(prefix: string, count: number): UpsertCustomerInput[] {
  return Array.from({ length: count }, (_, index) => ({ reference: `${prefix}-${index}`, name: 'n' }));
}

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.fail('it was to be refused'),
    (error: unknown) => error,
  );
}

describe('calls that come at the same time', () => {
  it('are written together: 128 take four statements', async () => {
    let statements = 0;
    const upsert = createUpsert({ db: watch(gateway.deps.db, { before: () => (statements += 1) }) });
    const results = await Promise.all(numbered('together', 128).map((input) => upsert(input)));
    expect(results.every((result) => result.ok && result.outcome === 'created')).toBe(true);
    expect(statements).toBe(4);
    expect(await readCustomers(actor, 'together-')).toHaveLength(128);
  });

  it('wait for nobody when they are alone', async () => {
    const upsert = createUpsert();
    const timers = countTimers();
    const pending = upsert({ reference: 'alone', name: 'n' });
    await new Promise((resolve) => setImmediate(resolve));
    expect(countTimers()).toBeLessThanOrEqual(timers);
    expect(await pending).toMatchObject({ ok: true, outcome: 'created' });
  });

  it('take effect in the order in which they came where they are for one reference', async () => {
    const upsert = createUpsert();
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, index) => upsert({ reference: 'ordered', name: `n${index}` })),
    );
    expect(results.map((result) => result.ok && `${result.outcome}@${result.record.version}`)).toStrictEqual(
      results.map((_, index) => `${index === 0 ? 'created' : 'updated'}@${index + 1}`),
    );
    expect(await readCustomers(actor, 'ordered')).toMatchObject([{ name: 'n19', version: 20 }]);
  });

  it('go beside a write only when as many have gathered', async () => {
    const { db, open, begun } = createGate();
    const upsert = createUpsert({ db, limits: { writes: { organization: 2, process: 2 } } });
    const first = numbered('under-way', 3).map((input) => upsert(input));
    while (begun.length === 0) await delay(1);
    const fewer = numbered('fewer', 2).map((input) => upsert(input));
    await delay(20);
    expect(begun).toHaveLength(1);
    const last = upsert({ reference: 'as-many', name: 'n' });
    while (begun.length === 1) await delay(1);
    open();
    const settled = await Promise.all([...first, ...fewer, last]);
    expect(settled.map(tell)).toStrictEqual(Array<string>(6).fill('created@1'));
    expect(begun).toHaveLength(2);
  });

  it('take effect in their order although one for the same reference has hung up just before', async () => {
    const { db, open, begun } = createGate();
    const upsert = createUpsert({ db });
    const gone = upsert({ reference: 'hung-up', name: 'gone' }, actor, () => true);
    const first = upsert({ reference: 'hung-up', name: 'first' });
    await rejection(gone);
    const second = upsert({ reference: 'hung-up', name: 'second' });
    await delay(20);
    expect(begun).toHaveLength(1);
    open();
    expect([await first, await second].map(tell)).toStrictEqual(['created@1', 'updated@2']);
  });

  it('of a parent and its child are both done', async () => {
    const upsert = createUpsert();
    const [child, parent] = await Promise.all([
      upsert({ reference: 'met-child', name: 'n', isSubCustomer: true, parentCustomer: { reference: 'met-parent' } }),
      upsert({ reference: 'met-parent', name: 'n' }),
    ]);
    expect(child.ok && child.record.parentId).toBe(parent.ok ? parent.record.id : 'a parent');
  });

  it('keep their own callers', async () => {
    const users = await gateway.deps.db.selectFrom('users').select('id').orderBy('id').execute();
    const upsert = createUpsert();
    const results = await Promise.all(
      users.map(({ id }) => upsert({ reference: `caller-${id}`, name: 'n' }, { ...actor, userId: id })),
    );
    expect(results.map((result) => result.ok && result.record.createdById)).toStrictEqual(users.map(({ id }) => id));
    const changes = gateway.deps.db.selectFrom('changes').select(['actor_user_id as id']).orderBy('actor_user_id');
    expect(await changes.where('reference', 'like', 'caller-%').execute()).toStrictEqual(users);
  });
});

type Call = {
  readonly as: 'actor' | 'other';
  readonly reference: string;
  readonly name: string | undefined;
  readonly email: string | null | undefined;
  readonly hangsUp: 'never' | 'at once' | 'soon';
  /** How many turns of the event loop after the one before. */
  readonly pause: number;
};

const call: fc.Arbitrary<Call> = fc.record({
  as: fc.constantFrom('actor', 'actor', 'other'),
  reference: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', ' a ', ''),
  name: fc.constantFrom('x', 'y', 'y', undefined, ' '),
  email: fc.constantFrom('p', 'q', null, undefined, 'l'.repeat(256)),
  hangsUp: fc.constantFrom('never', 'never', 'never', 'at once', 'soon'),
  pause: fc.constantFrom(0, 0, 0, 0, 1, 3),
});

type Stored = { name: string; email: string | null; version: number };

/** What a call does, told as short as it can be. */
function upsertInModel(world: Map<string, Stored>, { reference, name, email }: UpsertCustomerInput): string {
  const codes: string[] = [];
  const key = reference.trim();
  const stored = world.get(key);
  if (key === '') codes.push('missing_param');
  if ((name ?? (name === undefined ? stored?.name : '') ?? '').trim() === '' && key !== '') codes.push('missing_param');
  if ((email?.length ?? 0) > 255) codes.push('invalid_param_type');
  if (codes.length > 0) return codes.join();
  const next = { name: name ?? stored?.name ?? '', email: email === undefined ? (stored?.email ?? null) : email };
  if (stored && stored.name === next.name && stored.email === next.email) return `unchanged@${stored.version}`;
  world.set(key, { ...next, version: (stored?.version ?? 0) + 1 });
  return `${stored ? 'updated' : 'created'}@${(stored?.version ?? 0) + 1}`;
}

function tell(result: CustomerResult): string {
  return result.ok ? `${result.outcome}@${result.record.version}` : result.errors.map(({ code }) => code).join();
}

const smallLimits: Partial<CombinerLimits> = { batch: 5, writes: { organization: 2, process: 3 } };

it('any mix of calls of several organizations ends as if they had come one after another', async () => {
  let run = 0;
  const seen = new Map<string, number>();
  const property = fc.asyncProperty(fc.array(call, { minLength: 20, maxLength: 60 }), async (calls) => {
    run += 1;
    const prefix = `mix${run}-`;
    const upsert = createUpsert({ limits: smallLimits });
    const answers: Promise<string>[] = [];
    const inputs: UpsertCustomerInput[] = [];
    for (const { as, reference, name, email, hangsUp, pause } of calls) {
      for (let turn = 0; turn < pause; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      const input = { reference: reference === '' ? '' : `${prefix}${reference.trim()}`, name, email };
      const client = new AbortController();
      if (hangsUp === 'at once') client.abort();
      if (hangsUp === 'soon') setImmediate(() => client.abort());
      inputs.push(input);
      const answer = upsert(input, as === 'actor' ? actor : other, () => client.signal.aborted);
      answers.push(
        answer.then(tell, (error: unknown) => (client.signal.aborted ? 'hung up' : `failed: ${String(error)}`)),
      );
    }
    const told = await Promise.all(answers);
    const worlds = { actor: new Map<string, Stored>(), other: new Map<string, Stored>() };
    const expected = calls.map(({ as }, index) =>
      told[index] === 'hung up' ? 'hung up' : upsertInModel(worlds[as], inputs[index] ?? expect.fail('an input')),
    );
    expect(told).toStrictEqual(expected);
    for (const [as, world] of [[actor, worlds.actor] as const, [other, worlds.other] as const]) {
      const rows = [...world].map(([reference, stored]) => ({ reference, ...stored }));
      expect(await readCustomers(as, prefix)).toStrictEqual(
        rows.toSorted((a, b) => (a.reference < b.reference ? -1 : 1)),
      );
    }
    for (const each of told) {
      const kind = each.replace(/@.*/, '');
      seen.set(kind, (seen.get(kind) ?? 0) + 1);
    }
  });
  await fc.assert(property, { numRuns: 40 });
  for (const kind of ['created', 'updated', 'unchanged', 'missing_param', 'invalid_param_type', 'hung up']) {
    expect(seen.get(kind) ?? 0, kind).toBeGreaterThan(20);
  }
});

describe('a call in a crowd', () => {
  it('is refused with 503 where too many wait, and the others are done', async () => {
    const gate = createGate();
    const calls = { organization: 5, process: 8 };
    const upsert = createUpsert({ db: gate.db, limits: { ...smallLimits, calls } });
    const first = numbered('crowd', 5).map((input) => upsert(input));
    const refused = await rejection(upsert({ reference: 'crowd-too-many', name: 'n' }));
    expect(refused).toStrictEqual(new ServiceUnavailableError(texts.tooManyCalls));
    const others = numbered('crowd', 3).map((input) => upsert(input, other));
    expect(await rejection(upsert({ reference: 'crowd-last', name: 'n' }, other))).toStrictEqual(refused);
    gate.open();
    await Promise.all([...first, ...others]);
    expect(await readCustomers(actor, 'crowd')).toHaveLength(5);
    expect(await upsert({ reference: 'crowd-later', name: 'n' })).toMatchObject({ outcome: 'created' });
  });

  it('of another organization comes next, however many one organization has waiting', async () => {
    const gate = createGate();
    const upsert = createUpsert({ db: gate.db, limits: { batch: 2, writes: { organization: 1, process: 1 } } });
    const order: string[] = [];
    const note = (name: string) => () => void order.push(name);
    const many = numbered('fair', 12).map((input) => upsert(input).then(note('many')));
    while (gate.begun.length === 0) await delay(1);
    const few = numbered('fair', 2).map((input) => upsert(input, other).then(note('few')));
    gate.open();
    await Promise.all([...many, ...few]);
    expect(order.lastIndexOf('few')).toBeLessThan(6);
  });

  it('is not written when its caller has gone before its turn', async () => {
    const gate = createGate();
    const upsert = createUpsert({ db: gate.db, limits: { batch: 1, writes: { organization: 1, process: 1 } } });
    const client = new AbortController();
    const first = upsert({ reference: 'gone-1', name: 'n' });
    const gone = upsert({ reference: 'gone-2', name: 'n' }, actor, () => client.signal.aborted);
    const third = upsert({ reference: 'gone-3', name: 'n' });
    while (gate.begun.length === 0) await delay(1);
    client.abort();
    gate.open();
    expect(await rejection(gone)).toBeInstanceOf(CallerGoneError);
    await Promise.all([first, third]);
    expect((await readCustomers(actor, 'gone-')).map(({ reference }) => reference)).toStrictEqual(['gone-1', 'gone-3']);
  });

  it('that the database cannot take fails alone', async () => {
    const db = watch(gateway.deps.db, {
      before: (_, statement) => {
        if (statement.includes('guilty')) throw Object.assign(new Error('no'), { code: '22P05' });
      },
    });
    const upsert = createUpsert({ db });
    const inputs = [...numbered('innocent', 20), { reference: 'guilty', name: 'n' }, ...numbered('innocent-too', 20)];
    const settled = await Promise.allSettled(inputs.map((input) => upsert(input)));
    expect(settled.map(({ status }) => status)).toStrictEqual(
      inputs.map(({ reference }) => (reference === 'guilty' ? 'rejected' : 'fulfilled')),
    );
    expect(await readCustomers(actor, 'innocent')).toHaveLength(40);
    expect(await readCustomers(actor, 'guilty')).toStrictEqual([]);
  });
});

describe('a call with a picture', () => {
  /** A store that takes a file only once it is told to. */
  function createSlowStore() {
    let open: () => void = () => undefined;
    const opened = new Promise<void>((resolve) => (open = resolve));
    const { blobs } = gateway.deps;
    const create: typeof blobs.create = async (key, bytes) => {
      await opened;
      return blobs.create(key, bytes);
    };
    return { blobs: { ...blobs, create }, open };
  }

  it('keeps nobody waiting but the calls for its own reference', async () => {
    const store = createSlowStore();
    const upsert = createUpsert({ blobs: store.blobs });
    const done: string[] = [];
    const note = (name: string) => (result: CustomerResult) => void done.push(`${name} ${tell(result)}`);
    const logo = { filename: 'slow.png', bytes: await makePicture() };
    const pictured = upsert({ reference: 'slow-a', name: 'n', logo }).then(note('pictured'));
    const same = upsert({ reference: 'slow-a', email: 'a@b.c' }).then(note('same'));
    await Promise.all(numbered('slow-other', 5).map((input) => upsert(input)));
    expect(done).toStrictEqual([]);
    store.open();
    await Promise.all([pictured, same]);
    expect(done).toStrictEqual(['pictured created@1', 'same updated@2']);
  });

  it('is refused where too many wait already', async () => {
    const store = createSlowStore();
    const upsert = createUpsert({ blobs: store.blobs, limits: { images: { writes: 1, calls: 3 } } });
    const logo = { filename: 'many.png', bytes: await makePicture() };
    const taken = numbered('many-pictures', 3).map((input) => upsert({ ...input, logo }));
    const refused = await rejection(upsert({ reference: 'many-pictures-more', name: 'n', logo }));
    expect(refused).toStrictEqual(new ServiceUnavailableError(texts.tooManyImages));
    expect(await upsert({ reference: 'no-picture', name: 'n' })).toMatchObject({ outcome: 'created' });
    store.open();
    await Promise.all(taken);
    expect(await readCustomers(actor, 'many-pictures')).toHaveLength(3);
  });
});

if (inject('database').kind === 'postgres') {
  it('connections that are killed under batches lose nothing, repeat nothing and tell every outcome rightly', async () => {
    const { db } = gateway.deps;
    const upsert = createUpsert();
    const kill = async () => {
      for (let times = 0; times < 25; times += 1) {
        await sql`select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and pid <> pg_backend_pid() and query like '%with%' and state = 'active'`
          .execute(db)
          .catch(() => undefined);
        await delay(40);
      }
    };
    const killed = kill();
    const expected: string[] = [];
    const answers: string[] = [];
    for (let lap = 1; lap <= 8; lap += 1) {
      const inputs = numbered('killed', 60).map((input) => ({ ...input, name: `lap ${lap}` }));
      answers.push(...(await Promise.all(inputs.map((input) => upsert(input)))).map(tell));
      expected.push(...inputs.map(() => `${lap === 1 ? 'created' : 'updated'}@${lap}`));
    }
    await killed;
    expect(answers).toStrictEqual(expected);
    expect((await readCustomers(actor, 'killed-')).map(({ name, version }) => `${name}@${version}`)).toStrictEqual(
      Array.from({ length: 60 }, () => 'lap 8@8'),
    );
  });
}
