import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { limits } from '../src/contract/limits.ts';
import { readPaymentTypes } from '../src/contract/payment-types.ts';
import { readCpuMillis } from './support/cpu-time.ts';
import { tries } from './support/tries.ts';

const badId = { ok: false, parameter: 'payment type id' };
const unreadable = { ok: false, parameter: 'paymentTypes' };
const read = (...ids: string[]) => ({ ok: true, ids });
const list = (count: number) => `[${Array.from({ length: count }, (_, index) => index + 1).join()}]`;

describe('readPaymentTypes', () => {
  test.each([
    '[{"id"=7},{"id"=8}]',
    '[{"id":7},{"id":8}]',
    '[{"id"=>7},{"id"=>8}]',
    '[{"id"=7};{"id"=8}]',
    '[{id=7},{id:8}]',
    "[{'id'=7},{'id'=>'8'}]",
    '[7,8]',
    '[7;8]',
    '["7",\'8\']',
    ' [ { "id" = 7 } ,\t{\r\n"id" => 8 }\n] ',
    '[{"id":7,"name":"cash, [or] \\"cheque\\""},{"name"="it\'s";"id"=8}]',
    '[{"id":7,"tags":[1,{"id":9},[]],"more":{}},{"id":8,"used":null}]',
    '[{"id":1,"id":7},8]',
  ])('ruling 28: reads 7 and 8 from %s', (text) => {
    expect(readPaymentTypes(text)).toEqual(read('7', '8'));
  });

  test('ruling 6: keeps an id as it was sent, the first of several spellings', () => {
    expect(readPaymentTypes('[007,{"id":"08"},7,8]')).toEqual(read('007', '08'));
  });

  test('ruling 28: clears by an empty list', () => {
    expect(readPaymentTypes('[]')).toEqual(read());
    expect(readPaymentTypes(' [\n] ')).toEqual(read());
  });

  test('ruling 17: clears by an empty text', () => {
    expect(readPaymentTypes('')).toEqual(read());
  });

  test('ruling 28: collapses duplicates and keeps the order', () => {
    expect(readPaymentTypes('[8,{"id"=7},"08",7,9]')).toEqual(read('8', '7', '9'));
  });

  test('forgives one separator after the last element, and only there', () => {
    expect(readPaymentTypes('[{"id":7,},8,]')).toEqual(read('7', '8'));
    for (const text of ['[,7]', '[7,,8]', '[7,;]', '[,]', '[{,"id":7}]', '[{"id":7,,}]']) {
      expect(readPaymentTypes(text)).toEqual(unreadable);
    }
  });

  test.each(['abc', '7.5', '7.0', '1e3', 'null', 'true', '-1', '+1', '0', '9223372036854775808', '"x"', '""', '" 7"'])(
    'ruling 28: names the payment type id where it is %s',
    (id) => {
      expect(readPaymentTypes(`[{"id"=${id}}]`)).toEqual(badId);
      expect(readPaymentTypes(`[7,${id}]`)).toEqual(badId);
    },
  );

  test('ruling 28: names the payment type id where it is a list or an object', () => {
    expect(readPaymentTypes('[{"id":[7]}]')).toEqual(badId);
    expect(readPaymentTypes('[{"id":{"id":7}}]')).toEqual(badId);
  });

  test.each([
    ' ',
    '7',
    '7,8',
    'abc',
    'null',
    '{"id":7}',
    '[',
    ']',
    '[7',
    '7]',
    '[7]]',
    '[[7]]',
    '[7][8]',
    '[7] x',
    '[7 8]',
    '[7:8]',
    '[7>]',
    '[{}]',
    '[{"id"}]',
    '[{"id":}]',
    '[{"id":7]',
    '[{"id":7]}',
    '[{"name":7}]',
    '[{"ID":7}]',
    '[{"id" "7"}]',
    '[{"id"==7}]',
    '[{"id">7}]',
    '[{"id":7 8}]',
    '[{"id":7,"tags":[1}]}]',
    '[{"id":7,"tags":[1]',
    '[{"id:7}]',
    '["7]',
    '["7\\"]',
    '[{"id"=abc}',
    '[abc',
  ])('ruling 28: cannot read %j', (text) => {
    expect(readPaymentTypes(text)).toEqual(unreadable);
  });

  test('ruling 28: reads at most 250 different ids', () => {
    expect(readPaymentTypes(list(limits.values.paymentTypes))).toMatchObject({ ok: true });
    expect(readPaymentTypes(list(limits.values.paymentTypes + 1))).toEqual(unreadable);
    expect(readPaymentTypes(`[${'7,'.repeat(1_000)}]`)).toEqual(read('7'));
  });

  test('reads an id list back from every documented spelling', () => {
    const blank = fc.string({ unit: fc.constantFrom(' ', '\t', '\n'), maxLength: 2 });
    const id = fc.bigInt({ min: 1n, max: 2n ** 63n - 1n }).map(String);
    const element = fc
      .record({
        id,
        key: fc.constantFrom('"id"', "'id'", 'id'),
        equals: fc.constantFrom('=', '=>', ':'),
        quote: fc.constantFrom('', '"', "'"),
        bare: fc.boolean(),
        other: fc.constantFrom('', ',"name":"cash"', ";name=>'[{'"),
        space: blank,
      })
      .map(({ id, key, equals, quote, bare, other, space }) => {
        const value = `${space}${quote}${id}${quote}${space}`;
        return { id, text: bare ? value : `{${space}${key}${space}${equals}${value}${other}${space}}` };
      });
    fc.assert(
      fc.property(fc.array(element), fc.constantFrom(',', ';', ' , ', ' ;\n'), blank, (elements, separator, space) => {
        const text = `${space}[${elements.map((each) => each.text).join(separator)}${space}]${space}`;
        expect(readPaymentTypes(text)).toEqual(read(...new Set(elements.map((each) => each.id))));
      }),
      tries(10_000),
    );
  });

  test('reads JSON as JSON means it', () => {
    const json = fc.array(fc.oneof(fc.jsonValue(), fc.nat(), fc.record({ id: fc.oneof(fc.nat(), fc.jsonValue()) })), {
      maxLength: 4,
    });
    const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value);
    fc.assert(
      fc.property(json, (values) => {
        const reading = readPaymentTypes(JSON.stringify(values));
        const isReadable = values.every(
          (value) => !Array.isArray(value) && (!isObject(value) || Object.hasOwn(value as object, 'id')),
        );
        expect(reading.ok || reading.parameter === 'payment type id').toBe(isReadable);
      }),
      tries(10_000),
    );
  });

  test('answers any text of its alphabet, and never throws', () => {
    const piece = fc.constantFrom(
      ...Array.from('[]{},;:=>"\'\\ 78-.'),
      'id',
      '"id"',
      '=>',
      '{"id"=7}',
      '\u0000',
      'é',
      '😀',
    );
    const text = fc.oneof(
      fc.array(piece, { maxLength: 30 }),
      fc.array(piece, { maxLength: 10 }).map((all) => ['[', ...all, ']']),
    );
    fc.assert(
      fc.property(text, (pieces) => {
        const reading = readPaymentTypes(pieces.join(''));
        if (reading.ok) expect(reading.ids.every((each) => /^[1-9]\d*$/.test(each))).toBe(true);
        else expect(['payment type id', 'paymentTypes']).toContain(reading.parameter);
      }),
      tries(10_000),
    );
  });

  test('takes linear time and a flat stack on a hostile megabyte', () => {
    const started = readCpuMillis();
    for (const unit of ['[', '{', '[{"a":', '"', "'", '\\', ' ', '=', '=>', '7', '7,', '7 ', '{"id":7},', 'x', '>']) {
      const text = unit.repeat(1_048_576 / unit.length);
      for (const shape of [`[${text}]`, `[{"a":[${text}],"id":7}]`, `["${text}`]) {
        readPaymentTypes(shape);
      }
    }
    expect(readCpuMillis() - started).toBeLessThan(10_000);
  });
});
