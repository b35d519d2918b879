import fc from 'fast-check';

/** Few, so that requests meet: as parents, as conflicts, as each other's references. */
export const reference: fc.Arbitrary<string> = fc.oneof(
  { weight: 8, arbitrary: fc.nat(199).map((number) => `fuzz-${number}`) },
  {
    weight: 2,
    arbitrary: fc.constantFrom('root', 'jewelry', '101', 'seg_a', 'emp-001', 'cash', '1', '2', '7', 'é', 'e\u0301'),
  },
);

/** Texts that have broken something somewhere. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: fc.string({ maxLength: 20 }) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 20 }) },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      ...[
        '',
        ' ',
        '\0',
        '\ud800',
        '\udc00x',
        '\u202e',
        '\ufeff',
        '\r\n',
        '\\',
        '"',
        "'",
        '%',
        '%00',
        '`',
        '$1',
        '${1}',
        '{{1}}',
      ],
      ...[
        "' or 1=1 --",
        '"; drop table customers; --',
        '<script>',
        '../../etc/passwd',
        '__proto__',
        'constructor',
        'null',
      ],
      ...[
        'NaN',
        'Infinity',
        '-0',
        '1e400',
        '9223372036854775808',
        '0x10',
        'x'.repeat(256),
        'é'.repeat(1_001),
        '\u{1f600}'.repeat(256),
      ],
    ),
  },
);

/** Numbers at the edges of their types. */
export const hostileNumber: fc.Arbitrary<number> = fc.oneof(
  fc.constantFrom(0, -0, 1, -1, 0.5, 90, 90.000001, 180, 2 ** 31 - 1, 2 ** 31, 2 ** 53, 1e21, 1e308, -1e308, 5e-324),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
