import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OrganizationFileError, parseOrganizationFile } from '../src/provision-file.ts';

const smallest = `
name: acme
currency: EUR
rootCategory: { reference: root, name: All }
`;

function parse(text: string) {
  return parseOrganizationFile(text, 'acme.yaml');
}

/** The lines of the refusal; fails when the text is accepted. */
function problemsOf(text: string): string[] {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof OrganizationFileError) return error.message.split('\n');
    throw error;
  }
  throw new Error('The file was accepted.');
}

describe('an organization file', () => {
  it('needs no more than a name, a currency and a root category', () => {
    expect(parse(smallest)).toEqual({
      name: 'acme',
      currency: 'EUR',
      currencies: ['EUR'],
      geographicalLocations: { enabled: false, level: 1 },
      users: [],
      paymentTypes: [],
      customerSegmentations: [],
      regions: [],
      rootCategory: { reference: 'root', name: 'All', categories: [] },
    });
  });

  it('describes in examples/entity1.yaml what the contract pages take for granted', async () => {
    const file = parse(await readFile(new URL('../examples/entity1.yaml', import.meta.url), 'utf8'));
    expect(file).toMatchObject({
      name: 'entity1',
      currency: 'EUR',
      currencies: ['EUR', 'USD', 'GBP'],
      geographicalLocations: { enabled: true, level: 3 },
      rootCategory: {
        categories: [
          { id: 2, reference: 'jewelry', name: 'Jewelry and accessories' },
          { id: 3, reference: '101', name: 'new Categ' },
        ],
      },
    });
    expect(file.users).toContainEqual(expect.objectContaining({ id: 2, reference: 'emp-002' }));
    expect(file.customerSegmentations).toContainEqual({ id: 1, reference: 'seg_a', name: 'Segmentation A' });
    expect(file.paymentTypes).toContainEqual({ id: 7, reference: 'cash', name: 'cash' });
    expect(file.paymentTypes).toContainEqual({ id: 8, reference: 'cheque', name: 'cheque' });
    expect(file.regions[0]?.regions[0]?.regions[0]).toEqual({ id: 3, name: 'New York', regions: [] });
  });

  it('ruling 3: has its references trimmed and NFC-normalised', () => {
    const file = parse(`${smallest}users: [{ reference: " Ange\\u0301lique ", name: x }]`);
    expect(file.users[0]?.reference).toBe('Ang\u00e9lique');
  });

  it('ruling 25: has its currencies upper-cased, and each once', () => {
    const file = parse(smallest.replace('EUR', 'eur') + 'currencies: [usd, EUR, Usd]');
    expect(file).toMatchObject({ currency: 'EUR', currencies: ['USD', 'EUR'] });
  });

  it('reads "no" and "on" as texts, as YAML 1.2 does', () => {
    expect(parse(`${smallest}users: [{ reference: no, name: on }]`).users).toEqual([{ reference: 'no', name: 'on' }]);
  });
});

describe('a refused organization file', () => {
  it('names every problem with its line, column and key, in the order of the file', () => {
    expect(
      problemsOf(`name: ""
currency: EURO
users:
  - reference: 101
    nmae: x
  - { id: 0, reference: "a\\u0007b", name: x }
rootCategory: []
`),
    ).toEqual([
      'acme.yaml:1:7: name: must have 1 to 255 characters, no control characters among them',
      'acme.yaml:2:11: currency: must be an ISO 4217 code: three letters such as EUR',
      'acme.yaml:4:5: users[0].name: is missing',
      'acme.yaml:4:16: users[0].reference: must be a text: put it in quotes',
      'acme.yaml:5:5: users[0].nmae: is no key here; the keys are id, reference, name',
      'acme.yaml:6:11: users[1].id: must be 1 to 4503599627370496',
      'acme.yaml:6:25: users[1].reference: must have 1 to 255 characters, no control characters among them',
      'acme.yaml:7:15: rootCategory: must be a mapping with the keys id, reference, name, categories',
    ]);
  });

  it.each([
    ['', /^acme\.yaml:1:1: must be a mapping with the keys name, currency, /],
    ['- 1', /^acme\.yaml:1:1: must be a mapping/],
    ['name: a', /^acme\.yaml:1:1: currency: is missing/],
    ['name: a\nname: b', /^acme\.yaml:2:1: Map keys must be unique/],
    ['name: [', /^acme\.yaml:1:8: /],
    ['name: !secret a', /^acme\.yaml:1:7: Unresolved tag/],
    ['name: a\n---\nname: b', /multiple documents/],
    ['name: &a b\ncurrency: *a', /^acme\.yaml:2:11: aliases \(\*name\) are not supported/],
    [`${smallest}__proto__: { polluted: 1 }`, /^acme\.yaml:5:1: __proto__: is no key here/],
    [`${smallest}users:`, /users: must be a list/],
    [`${smallest}currencies: [USD]`, /currencies: must contain the organization's currency, EUR/],
    [`${smallest}geographicalLocations: { enabled: yes }`, /geographicalLocations\.enabled: must be true or false/],
    [`${smallest}geographicalLocations: { enabled: true, level: 21 }`, /level: must be 20 or less/],
    [`${smallest}users: [{ id: 4503599627370497, reference: a, name: a }]`, /users\[0\]\.id: must be 1 to /],
    [`${smallest}users: [{ id: 1.5, reference: a, name: a }]`, /users\[0\]\.id: must be a whole number/],
    [`${smallest}users: [{ reference: ${'x'.repeat(256)}, name: a }]`, /reference: must have 1 to 255 characters/],
    [`${smallest}users: [{ reference: "\\uD800", name: a }]`, /reference: must have 1 to 255 characters/],
  ])('%j is refused', (text, message) => {
    expect(problemsOf(text).join('\n')).toMatch(message);
  });

  it.each([
    ['users: [{ id: 1, reference: a, name: a }, { id: 1, reference: b, name: b }]', 'users[1].id: 1 is there twice'],
    ['paymentTypes: [{ reference: a, name: a }, { reference: " a", name: b }]', 'paymentTypes[1].reference: "a" is'],
    ['regions: [{ id: 1, name: a, regions: [{ id: 1, name: b }] }]', 'regions[0].regions[0].id: 1 is there twice'],
    ['regions: [{ name: a, regions: [{ name: b }, { name: b }] }]', 'regions[0].regions[1].name: "b" is there twice'],
  ])('%s is refused', (lines, message) => {
    expect(problemsOf(smallest + lines)).toEqual([expect.stringContaining(message)]);
  });

  it('may repeat a region name elsewhere in the tree', () => {
    const { regions } = parse(`${smallest}regions: [{ name: New York, regions: [{ name: New York }] }]`);
    expect(regions[0]?.regions[0]?.name).toBe('New York');
  });

  it('has one root, and no category reference twice anywhere in the tree', () => {
    const twice = 'rootCategory: { reference: a, name: a, categories: [{ reference: a, name: b }] }';
    expect(problemsOf(`name: a\ncurrency: EUR\n${twice}`)).toEqual([
      'acme.yaml:3:66: rootCategory.categories[0].reference: "a" is there twice',
    ]);
  });

  it('has trees of at most 20 levels, and survives any depth', () => {
    const nested = (levels: number) =>
      `${smallest}regions: ${'[{ name: a, regions: '.repeat(levels)}[]${'}]'.repeat(levels)}`;
    expect(parse(nested(20)).regions).toHaveLength(1);
    expect(problemsOf(nested(21)).join()).toMatch(/more than 20 levels deep/);
    expect(problemsOf(nested(5_000)).length).toBeGreaterThan(0);
  });

  it('is the only thing any text can lead to, beside an organization', () => {
    const yamlLike = fc.array(
      fc.constantFrom(
        'name',
        'users',
        'id',
        ': ',
        '- ',
        '\n',
        '  ',
        '[',
        ']',
        '{',
        '}',
        ',',
        '"',
        "'",
        '1',
        '&a',
        '*a',
        '!!str ',
      ),
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          yamlLike.map((parts) => parts.join('')),
        ),
        (text) => {
          try {
            parse(text);
          } catch (error) {
            expect(error).toBeInstanceOf(OrganizationFileError);
          }
        },
      ),
    );
  });
});
