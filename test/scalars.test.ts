import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { normalizeId as readId } from '../src/contract/ids.ts';
import { readBoolean, readInteger, readNumber } from '../src/contract/scalars.ts';
import { readCpuMillis } from './support/cpu-time.ts';
import { tries } from './support/tries.ts';

const megabyte = 1_048_576;
const runs = tries(10_000);
const notDecimals = [
  '',
  ' ',
  '1 ',
  ' 1',
  '\n1',
  '1\n',
  '0x10',
  '0b1',
  '1_000',
  '1,5',
  'NaN',
  'Infinity',
  '-Infinity',
  '١',
];

describe('readBoolean', () => {
  test.each([
    ['true', true],
    ['TRUE', true],
    ['True', true],
    ['false', false],
    ['fAlSe', false],
  ])('ruling 20: reads %j', (text, value) => {
    expect(readBoolean(text)).toBe(value);
  });

  test.each(['', ' true', 'true ', 'true\n', '1', '0', 'yes', 'on', 'null', 'truE\u0000', 'fal\u017Fe', 'truefalse'])(
    'ruling 20: refuses %j',
    (text) => {
      expect(readBoolean(text)).toBeUndefined();
    },
  );
});

describe('readNumber', () => {
  test.each([
    ['0', 0],
    ['-7', -7],
    ['+7.50', 7.5],
    ['5.', 5],
    ['.5', 0.5],
    ['1e3', 1_000],
    ['1.5E-3', 0.0015],
    ['007', 7],
    ['1e-400', 0],
    ['1.7976931348623157e308', Number.MAX_VALUE],
  ])('ruling 21: reads %j', (text, value) => {
    expect(readNumber(text)).toBe(value);
  });

  test('has no negative zero', () => {
    expect(readNumber('-0')).toBe(0);
    expect(readInteger('-0')).toBe(0);
  });

  test.each([...notDecimals, '.', '+', '-', '--1', '1e', 'e3', '.e3', '1.2.3', '1e309', '-1e309', '9'.repeat(400)])(
    'ruling 21: refuses %j',
    (text) => {
      expect(readNumber(text)).toBeUndefined();
    },
  );

  test('reads every number as it is written', () => {
    const finite = fc.double({ noNaN: true, noDefaultInfinity: true }).filter((value) => !Object.is(value, -0));
    fc.assert(
      fc.property(finite, (value) => {
        expect(readNumber(String(value))).toBe(value);
      }),
      runs,
    );
  });

  test('reads from its alphabet only what is a finite decimal', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...Array.from('0159.eE+- x')), maxLength: 12 }), (text) => {
        const value = readNumber(text);
        const isDecimal = /^[^ x]+$/.test(text) && Number.isFinite(Number(text));
        expect(value !== undefined).toBe(isDecimal);
        if (value !== undefined) expect(value).toBe(Number(text) + 0);
      }),
      runs,
    );
  });

  test('takes linear time on hostile text', () => {
    const hostile = ['1', '0', '.', '1.', 'e', '1e', '-', ' '].map((unit) => unit.repeat(megabyte / unit.length));
    const started = readCpuMillis();
    for (const text of hostile) {
      for (const shape of [text, `${text}x`, `-${text}`, `1.${text}x`, `1e${text}x`]) {
        readBoolean(shape);
        readNumber(shape);
        readInteger(shape);
        readId(shape);
      }
    }
    expect(readCpuMillis() - started).toBeLessThan(4_000);
  });
});

describe('readInteger', () => {
  test.each([
    ['0', 0],
    ['30', 30],
    ['+30', 30],
    ['-30', -30],
    ['0030', 30],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
  ])('ruling 21: reads %j', (text, value) => {
    expect(readInteger(text)).toBe(value);
  });

  test.each([...notDecimals, '7.0', '7.', '1e3', '9007199254740992', '9'.repeat(400)])(
    'ruling 21: refuses %j',
    (text) => {
      expect(readInteger(text)).toBeUndefined();
    },
  );
});

describe('readId', () => {
  test.each([
    ['7', '7'],
    ['007', '7'],
    ['9223372036854775807', '9223372036854775807'],
    ['0009223372036854775807', '9223372036854775807'],
  ])('ruling 21: reads %j', (text, id) => {
    expect(readId(text)).toBe(id);
  });

  test.each([...notDecimals, '0', '000', '-1', '+1', '7.0', '1e3', '9223372036854775808', '10000000000000000000'])(
    'ruling 21: refuses %j',
    (text) => {
      expect(readId(text)).toBeUndefined();
    },
  );

  test('reads exactly the integers from 1 to 2^63 − 1', () => {
    const zeros = fc.nat(3).map((count) => '0'.repeat(count));
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 65n }), zeros, (value, leading) => {
        const isId = value >= 1n && value < 2n ** 63n;
        expect(readId(`${leading}${value.toString()}`)).toBe(isId ? value.toString() : undefined);
      }),
      runs,
    );
  });
});
