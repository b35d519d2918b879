import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type UpsertError, errorCatalogue, texts, upsertErrorCodes } from '../src/contract/errors.ts';
import { type Parameter, customerParameters } from '../src/contract/parameters.ts';
import type { UpsertCustomerInput } from '../src/services/customers/input.ts';
import { checkItem, sortErrors } from '../src/services/upsert/check-item.ts';
import { normalizeId } from '../src/contract/ids.ts';
import { normalizeReference } from '../src/contract/references.ts';
import { checkValue, normalizeKey } from '../src/services/upsert/check.ts';

const unstorable = ['\0', 'a\0b', '\ud800', 'a\udfffb', 'x\0'];

function parameter(name: string): Parameter {
  return customerParameters.find((each) => each.name === name) ?? expect.fail(`${name} is no parameter`);
}

/** What the check makes of a value: the value to go on with, or the sentence it is refused with. */
function check(name: string, value: unknown): unknown {
  const checked = checkValue(parameter(name), value);
  return 'error' in checked ? checked.error : checked.value;
}

function invalid(name: string, ...path: string[]): UpsertError {
  const found = parameter(name);
  return { code: 'invalid_param_type', message: texts.invalidType(name), path: path.length > 0 ? path : [found.field] };
}

describe('ruling 3: a reference', () => {
  it.each([
    ['  AB.inc\t', 'AB.inc'],
    ['\u00a0\ufeffx\u2003', 'x'],
    ['a b', 'a b'],
    ['E\u0301', 'É'],
    ['%2F/..', '%2F/..'],
    ['', ''],
    [' \n ', ''],
  ])('is trimmed and composed: %j becomes %j', (text, reference) => {
    expect(normalizeReference(text)).toBe(reference);
  });

  it.each(['a\tb', 'a\nb', 'a\u0000b', 'a\u007fb', 'a\u0085b', '\u0001', 'a\ud800', '\udc00'])(
    'is never %j',
    (text) => {
      expect(normalizeReference(text)).toBeUndefined();
    },
  );

  it('has at most 255 characters, however many code units or bytes they take', () => {
    for (const character of ['a', 'é', '漢', '😀']) {
      expect(normalizeReference(character.repeat(255))).toBe(character.repeat(255));
      expect(normalizeReference(character.repeat(256))).toBeUndefined();
    }
    expect(normalizeReference('e\u0301'.repeat(255))).toBe('é'.repeat(255));
    expect(normalizeReference(` ${'a'.repeat(255)} `)).toBe('a'.repeat(255));
  });

  it('is case-sensitive and stays as it is once normalised', () => {
    expect(normalizeReference('ab')).not.toBe(normalizeReference('AB'));
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        const reference = normalizeReference(text);
        if (reference !== undefined) expect(normalizeReference(reference)).toBe(reference);
      }),
    );
  });
});

describe('ruling 21: an id', () => {
  it.each([
    ['1', '1'],
    ['007', '7'],
    ['9223372036854775807', '9223372036854775807'],
    ['000000000009223372036854775807', '9223372036854775807'],
  ])('reads %s as %s', (text, id) => {
    expect(normalizeId(text)).toBe(id);
  });

  it.each([
    '0',
    '000',
    '',
    ' 1',
    '1 ',
    '+1',
    '-1',
    '1.0',
    '1e3',
    '0x10',
    '9223372036854775808',
    '9'.repeat(100_000),
    '١',
  ])('does not read %j', (text) => {
    expect(normalizeId(text)).toBeUndefined();
  });

  it('reads exactly the numbers 1 to 2^63−1', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -10n, max: 2n ** 70n }), (number) => {
        const isId = number >= 1n && number < 2n ** 63n;
        expect(normalizeId(number.toString())).toBe(isId ? number.toString() : undefined);
      }),
    );
  });
});

describe('ruling 26: a key', () => {
  it('keeps what was sent for the error text beside what it looks for', () => {
    expect(normalizeKey({ reference: ' a ' })).toStrictEqual({ sent: ' a ', reference: 'a' });
    expect(normalizeKey({ id: '007' })).toStrictEqual({ sent: '007', id: '7' });
    expect(normalizeKey({ reference: '7', id: '7' })).toStrictEqual({ sent: '7', reference: '7', id: '7' });
    expect(normalizeKey({ reference: '99999999999999999999', id: '99999999999999999999' })).toStrictEqual({
      sent: '99999999999999999999',
      reference: '99999999999999999999',
    });
  });

  it.each([{}, { reference: '' }, { reference: ' ' }, { id: '' }, { id: '0' }, { id: 'x' }, { reference: 'a\0' }])(
    'names nothing as %j',
    (key) => {
      expect(normalizeKey(key)).toBeUndefined();
    },
  );
});

describe('a value', () => {
  it.each(customerParameters.filter(({ kind }) => kind.type === 'text').map(({ name, kind }) => [name, kind] as const))(
    'ruling 12: %s ends at its maximum, in characters',
    (name, kind) => {
      const max = kind.type === 'text' ? kind.max : 0;
      const expected = { comment: 10_000, billingAddress: 1_000, address: 1_000, website: 1_000, onHoldReason: 1_000 };
      expect(max).toBe(new Map(Object.entries(expected)).get(name) ?? 255);
      expect(check(name, '😀'.repeat(max))).toBe('😀'.repeat(max));
      expect(check(name, 'a'.repeat(max + 1))).toStrictEqual(invalid(name));
      expect(check(name, '😀'.repeat(max + 1))).toStrictEqual(invalid(name));
    },
  );

  it.each(['name', 'comment', 'billingCountry', 'country', 'currency'])(
    'ruling 11: %s holds neither U+0000 nor a lone surrogate',
    (name) => {
      const good = { billingCountry: 'FR', country: 'FR', currency: 'EUR' };
      const around = new Map(Object.entries(good)).get(name) ?? 'text';
      for (const bad of unstorable) {
        for (const text of [bad, around + bad, bad + around]) {
          expect(check(name, text), JSON.stringify(text)).toStrictEqual(invalid(name));
        }
      }
    },
  );

  it('keeps every other text as it is, blanks and line breaks too', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 50 }), (text) => {
        fc.pre(!text.includes('\0') && text.isWellFormed());
        expect(check('comment', text)).toBe(text);
      }),
    );
  });

  it.each([
    ['billingLat', [-90, 0, 90], [-90.000001, 91, NaN, Infinity, '1', true]],
    ['latitude', [-90, 48.8566, 90], [-91, 90.5, -Infinity]],
    ['billingLng', [-180, 180], [-180.5, 181, NaN]],
    ['longitude', [-180, 2.35, 180], [200]],
    ['creditLimit', [0, 5000, 0.01, Number.MAX_VALUE], [-0.01, Infinity, NaN, '5', []]],
    ['dueDateConfigNumber', [0, 7, 2_147_483_647], [-1, 1.5, 2_147_483_648, NaN]],
  ])('ruling 21: %s has a range', (name, good, bad) => {
    for (const value of good) expect(check(name, value)).toBe(value);
    for (const value of bad) expect(check(name, value)).toStrictEqual(invalid(name));
  });

  it('ruling 20: a boolean is one or has its own sentence', () => {
    expect([check('isActive', true), check('isActive', false)]).toStrictEqual([true, false]);
    for (const value of ['true', 1, 0, {}]) {
      expect(check('isActive', value)).toStrictEqual({
        code: 'invalid_param_type',
        message: 'An invalid value was specified for parameter: isActive (must be a boolean: true or false)',
        path: ['isActive'],
      });
    }
  });

  it('ruling 24: a country becomes its alpha-2 code', () => {
    expect([check('country', 'fra'), check('billingCountry', 'Allemagne')]).toStrictEqual(['FR', 'DE']);
    expect(check('country', 'Atlantis')).toStrictEqual(invalid('country'));
    expect(check('country', '')).toStrictEqual(invalid('country'));
  });

  it('ruling 25: a currency has three letters', () => {
    expect([check('currency', 'EUR'), check('currency', 'usd')]).toStrictEqual(['EUR', 'usd']);
    for (const value of ['', 'EU', 'EURO', 'E1R', 'EUR ', 'ÉUR', 'EUR\n', 978]) {
      expect(check('currency', value)).toStrictEqual(invalid('currency'));
    }
  });

  it('ruling 21: a relation that can name nothing has the wrong type', () => {
    expect(check('userId', { id: '02' })).toStrictEqual({ sent: '02', id: '2' });
    for (const value of [{ id: 'x' }, { reference: ' ' }, 'emp-001', 7]) {
      expect(check('userId', value)).toStrictEqual(invalid('userId'));
    }
  });

  it('ruling 28: payment types are at most 250 keys, a bad one has its own sentence', () => {
    const many = Array.from({ length: 250 }, (_, index) => ({ id: String(index + 1) }));
    expect(check('paymentTypes', many)).toHaveLength(250);
    expect(check('paymentTypes', [])).toStrictEqual([]);
    expect(check('paymentTypes', [...many, { id: '251' }])).toStrictEqual(invalid('paymentTypes'));
    expect(check('paymentTypes', 'x')).toStrictEqual(invalid('paymentTypes'));
    expect(check('paymentTypes', [{ id: '7' }, { id: 'seven' }])).toStrictEqual({
      code: 'invalid_param_type',
      message: 'The type of parameter payment type id you provided is not valid for this request.',
      path: ['paymentTypes', '1'],
    });
  });
});

function checkAll(input: UpsertCustomerInput, problems: readonly UpsertError[] = []) {
  return checkItem({ input, problems }, customerParameters, ({ logo }) => logo);
}

describe('an item', () => {
  it('drops every unusable field, names it as refused, and keeps the others', () => {
    const { input, errors, refused } = checkAll({
      reference: ' r ',
      name: 'n',
      creditLimit: -1,
      country: 'fra',
      email: null,
    });
    expect(input).toStrictEqual({ reference: 'r', name: 'n', country: 'FR', email: null });
    expect(errors).toStrictEqual([invalid('creditLimit')]);
    expect([...refused]).toStrictEqual(['creditLimit']);
  });

  it('does not judge again what the edge has found wrong', () => {
    const problem: UpsertError = {
      code: 'unsupported_file_type',
      message: 'image format not supported.',
      path: ['logo'],
    };
    const { input, errors, refused, image } = checkAll({ reference: 'r', name: '\0' }, [problem, invalid('name')]);
    expect(input).toStrictEqual({ reference: 'r' });
    expect(errors).toStrictEqual([problem, invalid('name')]);
    expect([...refused].sort()).toStrictEqual(['logo', 'name']);
    expect(image).toBeUndefined();
  });

  it('ruling 2: a blank reference is missing, an impossible one has the wrong type', () => {
    expect(checkAll({ reference: ' ' }).errors).toStrictEqual([
      { code: 'missing_param', message: 'reference parameter is missing', path: ['reference'] },
    ]);
    const message = 'The type of parameter reference you provided is not valid for this request.';
    expect(checkAll({ reference: 'a\nb' }).errors).toStrictEqual([
      { code: 'invalid_param_type', message, path: ['reference'] },
    ]);
    expect(checkAll({ reference: 'a', newReference: '\0' }).errors).toStrictEqual([
      { code: 'invalid_param_type', message, path: ['newReference'] },
    ]);
  });

  it('ruling 19: a new reference equal to the old one, blank or null renames nothing', () => {
    for (const newReference of [' r ', 'r', '', '  ', null, undefined]) {
      expect(checkAll({ reference: 'r ', newReference }).input.newReference).toBeUndefined();
    }
    expect(checkAll({ reference: 'e\u0301', newReference: 'é' }).input.newReference).toBeUndefined();
    expect(checkAll({ reference: 'r', newReference: ' R' }).input.newReference).toBe('R');
  });

  it('leaves what it was given as it was', () => {
    const input = Object.freeze({ reference: ' r ', country: 'France', paymentTypes: Object.freeze([{ id: '07' }]) });
    expect(checkAll(input).input).toMatchObject({
      reference: 'r',
      country: 'FR',
      paymentTypes: [{ sent: '07', id: '7' }],
    });
    expect(input).toStrictEqual({ reference: ' r ', country: 'France', paymentTypes: [{ id: '07' }] });
  });
});

describe('ruling 5: errors', () => {
  const fields = ['newReference', ...customerParameters.map(({ field }) => field)];
  const anyError = fc.record({
    code: fc.constantFrom(...upsertErrorCodes),
    message: fc.constant('m'),
    path: fc.tuple(fc.constantFrom(...fields)),
  });

  it('come by stage, then in the order of the page, whatever order they were found in', () => {
    fc.assert(
      fc.property(fc.array(anyError), (errors) => {
        const sorted = sortErrors(errors, customerParameters);
        const rank = ({ code, path }: UpsertError) =>
          errorCatalogue[code].stage * 1_000 + fields.indexOf(path[0] ?? '');
        expect(sorted.map(rank)).toStrictEqual(errors.map(rank).sort((a, b) => a - b));
        expect(sorted).toHaveLength(errors.length);
      }),
    );
  });

  it('begin with those of the reference in the path', () => {
    const late: UpsertError = { code: 'invalid_param_type', message: 'm', path: ['reference'] };
    const early: UpsertError = { code: 'missing_param', message: 'm', path: ['name'] };
    expect(sortErrors([early, late], customerParameters)).toStrictEqual([late, early]);
  });

  it('have the stages in the order of the ruling', () => {
    const order = ['missing_param', 'invalid_param_type', 'exceeded_file_size', 'not_found', 'not_unique'] as const;
    const errors = order.map((code): UpsertError => ({ code, message: 'm', path: ['name'] }));
    expect(sortErrors(errors.toReversed(), customerParameters)).toStrictEqual(errors);
  });
});
