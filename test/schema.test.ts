import {
  type GraphQLNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isScalarType,
  isSpecifiedScalarType,
} from 'graphql';
import { describe, expect, it } from 'vitest';
import { upsertErrorCodes } from '../src/contract/errors.ts';
import { customerCategoryParameters, customerParameters } from '../src/contract/parameters.ts';
import { warningCatalogue } from '../src/contract/warnings.ts';
import { printSchema } from '../src/graphql/print-schema.ts';
import { schema } from '../src/graphql/schema.ts';

type Described = { readonly place: string; readonly description: string | null | undefined };

/** The type and everything in it that documentation is written for. */
function listDescribed(type: GraphQLNamedType): Described[] {
  const own = { place: type.name, description: type.description };
  if (isEnumType(type)) {
    const values = type.getValues().map(({ name, description }) => ({ place: `${type.name}.${name}`, description }));
    return [own, ...values];
  }
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields());
    return [own, ...fields.map(({ name, description }) => ({ place: `${type.name}.${name}`, description }))];
  }
  if (!isObjectType(type) && !isInterfaceType(type)) return [own];
  const fields = Object.values(type.getFields()).flatMap(({ name, description, args }) => [
    { place: `${type.name}.${name}`, description },
    ...args.map((arg) => ({ place: `${type.name}.${name}(${arg.name})`, description: arg.description })),
  ]);
  return [own, ...fields];
}

const ownTypes = Object.values(schema.getTypeMap()).filter(
  (type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type),
);

function enumNames(name: string): string[] {
  const type = schema.getType(name);
  return isEnumType(type) ? type.getValues().map((value) => value.name) : [];
}

function inputFields(name: string): string[] {
  const type = schema.getType(name);
  return isInputObjectType(type) ? Object.keys(type.getFields()) : [];
}

describe('the schema', () => {
  // `npx vitest run --project unit test/schema.test.ts -u` writes the file anew.
  it('is the one committed as schema.graphql', async () => {
    await expect(printSchema()).toMatchFileSnapshot('../schema.graphql');
  });

  it('describes every type, field, argument and enum value', () => {
    const described = ownTypes.flatMap(listDescribed);
    expect(described.length).toBeGreaterThan(150);
    const undescribed = described.filter(({ description }) => !description?.trim()).map(({ place }) => place);
    expect(undescribed).toEqual([]);
  });

  it('names the contract’s codes in capitals', () => {
    const capitals = (codes: readonly string[]) => codes.map((code) => code.toUpperCase()).toSorted();
    expect(enumNames('UpsertErrorCode').toSorted()).toEqual(capitals(upsertErrorCodes));
    expect(enumNames('UpsertWarningCode').toSorted()).toEqual(capitals(Object.keys(warningCatalogue)));
  });

  it.each([
    ['UpsertCustomerInput', customerParameters],
    ['UpsertCustomerCategoryInput', customerCategoryParameters],
  ])('lets %s set everything on the contract’s page, and a new reference', (name, parameters) => {
    const expected = ['reference', 'newReference', ...parameters.map(({ field }) => field)];
    expect(inputFields(name).toSorted()).toEqual(expected.toSorted());
  });

  it('makes every upsert’s input nullable but for the reference that names the record', () => {
    for (const name of ['UpsertCustomerInput', 'UpsertCustomerCategoryInput']) {
      const type = schema.getType(name);
      const fields = isInputObjectType(type) ? Object.values(type.getFields()) : [];
      const required = fields.filter((field) => String(field.type).endsWith('!')).map((field) => field.name);
      expect(required).toEqual(['reference']);
    }
  });

  it('gives every scalar of its own the address of a specification', () => {
    const scalars = ownTypes.filter(isScalarType).map(({ name, specifiedByURL }) => [name, specifiedByURL]);
    expect(scalars.map(([name]) => name)).toEqual(['DateTime', 'URL', 'Upload']);
    expect(scalars.filter(([, address]) => !URL.canParse(address ?? ''))).toEqual([]);
  });

  it('has no list with nulls in it', () => {
    const lists = printSchema().match(/: \[+\w+!?\]/g) ?? [];
    expect(lists.length).toBeGreaterThan(30);
    expect(lists.filter((list) => !list.endsWith('!]'))).toEqual([]);
  });

  it('names types like Customer, fields and arguments like lastUpdated, enum values like UPSERT', () => {
    const places = ownTypes.flatMap(listDescribed).map(({ place }) => place);
    const usual = /^([A-Z][A-Za-z]*)(\.([a-z][A-Za-z\d]*(\([a-z][A-Za-z]*\))?|[A-Z]+(_[A-Z]+)*))?$/;
    expect(places.filter((place) => !usual.test(place))).toEqual([]);
  });
});
