import { Kind, parse } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTabs } from '../src/http/graphiql-tabs.ts';
import { type TestGateway, openTestGateway, publicUrl } from './support/gateway.ts';
import { expectPromised, tabPromises } from './support/tab-promises.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await openTestGateway();
});

afterAll(() => gateway[Symbol.asyncDispose]());

const tabs = createTabs(publicUrl).map(({ query, variables = '{}' }) => {
  const operation = parse(query).definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION);
  return { title: operation?.name?.value ?? '', query, variables: JSON.parse(variables) as Record<string, unknown> };
});

describe('the tabs of GraphiQL', () => {
  it('all promise something', () => {
    expect(tabs.map(({ title }) => title)).toEqual(Object.keys(tabPromises));
  });

  it.each([1, 2] as const)('keep their promises in their order, each run twice, in round %i', async (round) => {
    for (const { title, query, variables } of tabs) {
      for (const isAgain of [false, true]) {
        const { data, errors } = await gateway.graphql(query, variables);
        expect({ title, errors }).toEqual({ title, errors: undefined });
        expectPromised(title, data, round, isAgain);
      }
    }
  });

  it('leave nothing behind of what is refused or only tried', async () => {
    const { data } = await gateway.graphql(`{
      dryRun: customer(by: { reference: "dry-run" }) { id }
      failures: customer(by: { reference: "failures" }) { id }
      nameless: customer(by: { reference: "nameless" }) { id }
      top: customerCategory(by: { reference: "top" }) { id }
    }`);
    expect(data).toEqual({ dryRun: null, failures: null, nameless: null, top: null });
  });
});
