import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestGateway, openTestGateway } from './support/gateway.ts';
import {
  createReferences,
  expectDone,
  expectFailure,
  expectInvalid,
  expectMissing,
  expectNotFound,
  sentences,
} from './support/rest.ts';

const freshReference = createReferences('category');
const saveFailed = [400, 'save_failed', 'Failed to save instance'] as const;
const secondRoot = [
  400,
  'save_not_authorized',
  'Organization should have only one root category of customer.',
] as const;
let gateway: TestGateway;

beforeAll(async () => {
  gateway = await openTestGateway();
});

afterAll(() => gateway[Symbol.asyncDispose]());

type Fields = Readonly<Record<string, string>>;

function post(reference: string, fields: Fields = {}) {
  return gateway.postCategory(reference, { name: 'Any', parentId: 'root', ...fields });
}

async function create(fields: Fields = {}, reference = freshReference()) {
  const body = expectDone(await post(reference, fields), 'created');
  return { reference, body };
}

function read(reference: string) {
  return gateway.rest(`/api/v1.0/customerCategories/reference/${encodeURIComponent(reference)}`);
}

describe('creating and updating a category', () => {
  it('ruling 4: answers 201 always, and the truth in a header', async () => {
    const { reference, body } = await create();

    expect(expectDone(await post(reference), 'unchanged')).toEqual(body);
    expect(expectDone(await post(reference, { name: 'Other' }), 'updated')).toMatchObject({ name: 'Other' });
    expect((await read(reference)).body).toMatchObject({ id: body['id'], name: 'Other' });
  });

  it('ruling 42: answers a parent as the page does', async () => {
    const { body } = await create({ parentId: '101' });

    expect(JSON.stringify({ ...body, dateCreated: '', lastUpdated: '' })).toBe(
      `{"id":${String(body['id'])},"name":"Any","isRoot":false,"parentId":3,` +
        '"parentCategory":{"id":3,"reference":"101","name":"new Categ","href":"/api/v1.0/customerCategories/3"},' +
        `"reference":"${String(body['reference'])}","description":null,"image":null,"organization":"entity1",` +
        '"dateCreated":"","lastUpdated":""}',
    );
  });

  it('ruling 18: leaves lastUpdated alone when nothing changes, and moves it when something does', async () => {
    const { reference, body } = await create();
    await delay(1_100);

    expect(expectDone(await post(reference, { parentId: '1' }), 'unchanged')).toEqual(body);
    const updated = expectDone(await post(reference, { parentId: 'jewelry' }), 'updated');

    expect(updated['dateCreated']).toBe(body['dateCreated']);
    expect(Date.parse(String(updated['lastUpdated']))).toBeGreaterThan(Date.parse(String(body['lastUpdated'])));
  });

  it('ruling 36: ignores a description', async () => {
    const { reference, body } = await create({ description: 'Of ours' });

    expect(body['description']).toBeNull();
    await gateway.database.db
      .updateTable('customer_categories')
      .set({ description: 'Set elsewhere' })
      .where('reference', '=', reference)
      .execute();
    for (const description of ['Of ours', '', 'x'.repeat(10_001), '\0']) {
      expect(expectDone(await post(reference, { description }), 'unchanged')['description']).toBe('Set elsewhere');
    }
  });

  it('ruling 19: lets one of many first writers create and the others find it there', async () => {
    const reference = freshReference();

    const answers = await Promise.all(Array.from({ length: 10 }, () => post(reference)));

    const outcomes = answers.map(({ headers }) => headers.get('x-upsert-outcome')).sort();
    expect(outcomes).toEqual(['created', ...Array.from({ length: 9 }, () => 'unchanged')]);
  });
});

describe('the required parameters', () => {
  it('ruling 14: are the name and, but for a root, the parent, on every call', async () => {
    const { reference } = await create();
    for (const target of [reference, freshReference()]) {
      expectMissing(await gateway.postCategory(target, { parentId: 'root' }), 'name');
      expectMissing(await gateway.postCategory(target, { name: '', parentId: 'root' }), 'name');
      expectMissing(await gateway.postCategory(target, { name: 'Any' }), 'parentId');
      expectMissing(await gateway.postCategory(target, { name: 'Any', isRoot: 'false' }), 'parentId');
      expectMissing(await gateway.postCategory(target, { name: 'Any', parentId: '' }), 'parentId');
      expectMissing(await gateway.postCategory(target, {}), 'name');
    }
  });

  it('ruling 14: are literally those for the root that is there, too', async () => {
    expectMissing(await gateway.postCategory('root', { name: 'All customers' }), 'parentId');
    expectDone(await gateway.postCategory('root', { name: 'All customers', isRoot: 'true' }), 'unchanged');
  });

  it('ruling 17: take isRoot= and isRoot=null for absent', async () => {
    for (const isRoot of ['', 'null']) {
      expect((await create({ isRoot })).body).toMatchObject({ isRoot: false, parentId: 1 });
      expectMissing(await gateway.postCategory(freshReference(), { name: 'Any', isRoot }), 'parentId');
      const body = expectDone(await post('root', { name: 'All customers', isRoot }), 'unchanged', 'parent_ignored');
      expect(body['isRoot']).toBe(true);
    }
  });
});

describe('ill-typed parameters of a category', () => {
  it.each(['yes', '1', 'nul', ' true'])('ruling 20: refuses isRoot=%s', async (isRoot) => {
    const answer = await post(freshReference(), { isRoot });

    expectFailure(answer, 400, 'invalid_param_type', sentences.invalidBoolean('isRoot'));
  });

  it('rulings 11 and 12: refuses texts that are too long or hold U+0000', async () => {
    for (const bad of ['x'.repeat(256), 'a\0']) {
      expectInvalid(await post(freshReference(), { name: bad }), 'name');
      expectInvalid(await post(freshReference(), { parentId: bad }), 'parentId');
      expectInvalid(await post(bad), 'reference');
    }
    expect((await create({ name: '𝒳'.repeat(255) })).body['name']).toBe('𝒳'.repeat(255));
  });
});

describe('the parent of a category', () => {
  it('ruling 26: is a reference or an id', async () => {
    for (const parentId of ['jewelry', '2']) {
      expect((await create({ parentId })).body).toMatchObject({
        parentId: 2,
        parentCategory: { reference: 'jewelry' },
      });
    }
  });

  it('ruling 26: is the reference where both match, with a warning, unless useExternalId tells', async () => {
    const { body: called } = await create({}, '3');
    const reference = freshReference();

    const both = expectDone(await post(reference, { parentId: '3' }), 'created', 'ambiguous_key');
    const byId = expectDone(await post(reference, { parentId: '3', useExternalId: 'false' }), 'updated');
    const byReference = expectDone(await post(reference, { parentId: '3', useExternalId: 'true' }), 'updated');

    expect([both, byId, byReference].map(({ parentId }) => parentId)).toEqual([called['id'], 3, called['id']]);
    expectInvalid(await post(reference, { parentId: 'root', useExternalId: 'false' }), 'parentId');
  });

  it('ruling 6: is not found in the words of the contract', async () => {
    for (const parentId of ['9999', 'nowhere', 'Jewelry']) {
      expectNotFound(await post(freshReference(), { parentId }), 'parent customer category', parentId);
    }
  });

  it('ruling 35: is neither the category itself nor below it', async () => {
    const { reference: top } = await create();
    const { reference: middle } = await create({ parentId: top });
    const { reference: bottom } = await create({ parentId: middle });

    for (const parentId of [top, middle, bottom]) expectFailure(await post(top, { parentId }), ...saveFailed);
    expectFailure(await post('root', { isRoot: 'false', parentId: bottom }), ...saveFailed);
    const fresh = freshReference();
    expectFailure(await post(fresh, { parentId: fresh }), ...saveFailed);
    expectDone(await post(bottom, { parentId: top }), 'updated');
  });

  it('ruling 35: never closes a circle, also when two moves race', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { reference: a } = await create();
      const { reference: b } = await create();
      const { reference: belowA } = await create({ parentId: a });

      const answers = await Promise.all([post(a, { parentId: b }), post(b, { parentId: belowA })]);

      expect(answers.map(({ status, body }) => body['error'] ?? status).sort()).toEqual([201, 'save_failed']);
    }
  });
});

describe('the root category', () => {
  it('ruling 34: is the only one', async () => {
    const { reference } = await create();

    for (const target of [reference, freshReference()]) {
      expectFailure(await gateway.postCategory(target, { name: 'Any', isRoot: 'true' }), ...secondRoot);
    }
    expect((await read(reference)).body).toMatchObject({ isRoot: false });
  });

  it('ruling 34: may be sent again, and ignores a parent, unchecked, with a warning', async () => {
    const fields = { name: 'All customers', isRoot: 'true' };
    const body = expectDone(await gateway.postCategory('root', fields), 'unchanged');

    expect(body).toMatchObject({ isRoot: true, parentId: null, parentCategory: null });
    for (const parentId of ['jewelry', 'nowhere', 'root']) {
      expect(expectDone(await post('root', { ...fields, parentId }), 'unchanged', 'parent_ignored')).toEqual(body);
    }
    expectDone(await gateway.postCategory('root', { ...fields, parentId: '' }), 'unchanged');
  });

  it('rulings 34 and 35: is one, also when two first ones race', async () => {
    await using rootless = await openTestGateway();
    await rootless.database.db.deleteFrom('customer_categories').where('reference', '!=', 'root').execute();
    await rootless.database.db.deleteFrom('customer_categories').execute();

    const answers = await Promise.all(
      ['a', 'b', 'c'].map((reference) => rootless.postCategory(reference, { name: 'Any', isRoot: 'true' })),
    );

    const outcomes = answers.map(({ status, body }) => body['error'] ?? status).sort();
    expect(outcomes).toEqual([201, 'save_not_authorized', 'save_not_authorized']);
  });
});

describe('renaming a category', () => {
  it('ruling 19: is by another reference in the body', async () => {
    const { reference, body } = await create();
    const renamed = freshReference();
    expectDone(await post(reference, { reference }), 'unchanged');

    const answer = expectDone(await post(reference, { reference: renamed }), 'updated');

    expect(answer).toMatchObject({ id: body['id'], reference: renamed });
    expect((await read(reference)).status).toBe(404);
  });

  it('ruling 19: is refused where the reference is taken', async () => {
    const { reference, body } = await create();

    expectFailure(await post(reference, { reference: 'jewelry' }), 400, 'not_unique', 'reference already used');
    expect((await read(reference)).body).toEqual(body);
  });

  it('ruling 19: does not happen on creation, with a warning', async () => {
    const reference = freshReference();

    const answer = await post(reference, { reference: 'jewelry' });

    expect(expectDone(answer, 'created', 'reference_ignored')['reference']).toBe(reference);
  });
});
