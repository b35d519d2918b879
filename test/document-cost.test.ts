import { readFileSync } from 'node:fs';
import { Kind, type OperationDefinitionNode, getIntrospectionQuery, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { estimateCost } from '../src/graphql/document-cost.ts';
import { limits } from '../src/contract/limits.ts';
import { parseWithinLimits } from '../src/graphql/document-limits.ts';
import { measureShape } from '../src/graphql/document-shape.ts';
import { schema } from '../src/graphql/schema.ts';
import { createTabs } from '../src/http/graphiql-tabs.ts';

const { document: documentLimits } = limits.graphql;

function measure(text: string, variables?: Record<string, unknown>) {
  const document = parseWithinLimits(text, parse);
  const operation = document.definitions.find(
    (each): each is OperationDefinitionNode => each.kind === Kind.OPERATION_DEFINITION,
  );
  if (!operation) throw new Error('There is no operation.');
  return {
    tokens: document.tokenCount ?? Infinity,
    ...measureShape(document, documentLimits.depth),
    ...estimateCost(schema, document, operation, variables),
  };
}

const readme = [...readFileSync('README.md', 'utf8').matchAll(/```graphql\n([^`]*)```/g)].map(([, text = '']) => text);
const tabs = createTabs('http://gateway.test').map(({ query }) => query);
const page = `{ customers(first: 100) { totalCount pageInfo { endCursor } nodes { id reference name billingCity version
  customerCategory { id name } customerSegmentation { id name } createdBy { id name } paymentTypes { id name } } } }`;
const bulk = `mutation ($inputs: [UpsertCustomersInput!]!) { upsertCustomers(inputs: $inputs) { created updated failed
  results { ... on UpsertCustomerSuccess { outcome } ... on UpsertFailure { errors { code message path } } } } }`;
const introspection = getIntrospectionQuery({
  ...{ descriptions: true, specifiedByUrl: true, directiveIsRepeatable: true },
  ...{ schemaDescription: true, inputValueDeprecation: true, oneOf: true },
});

describe('documents of every day', () => {
  it.each([...readme, ...tabs, page, bulk, introspection])(
    'hold and cost a fifth at most of what they may, whatever their variables are: %#',
    (text) => {
      const { depth, ...measured } = measure(text);
      expect(depth).toBeLessThan(documentLimits.depth / 2);
      for (const [name, value] of Object.entries(measured)) {
        const limit = Object.entries(documentLimits).find(([each]) => each === name)?.[1] ?? 0;
        expect([name, value <= limit / 5]).toEqual([name, true]);
      }
    },
  );

  it('include a bulk upsert of 1 000 items that is written out, with 20 fields each', () => {
    const texts = Array.from({ length: 16 }, (_, index) => `field${index}: "text"`).join(', ');
    const keys = ['a', 'b', 'c', 'd'].map((name) => `${name}: { reference: "x" }`).join(', ');
    const item = `{ ${texts}, ${keys} }`;
    const text = `mutation { upsertCustomers(inputs: [${Array.from({ length: 1_000 }, () => item).join(' ')}]) { created } }`;
    expect(measure(text).tokens).toBeLessThan(documentLimits.tokens / 2);
  });

  it('include a bulk upsert of 1 000 items that asks for the customers and all that they name', () => {
    const names = '{ id reference name }';
    const customer = `id reference name version isActive email phone mobile fax website comment billingCountry billingCity
      billingPostalCode billingAddress country city postalCode address creditLimit customerCategory ${names}
      customerSegmentation ${names} createdBy ${names} paymentTypes ${names}`;
    expect(measure(bulk.replace('outcome', `outcome customer { ${customer} }`)).cost).toBeLessThan(
      documentLimits.cost / 2,
    );
  });
});
