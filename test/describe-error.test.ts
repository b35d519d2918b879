import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeError } from '../src/telemetry/describe-error.ts';

/** As both drivers make them. */
function createDatabaseError(code: string, message: string): Error {
  const values = { detail: 'Key (reference)=(Marie) exists.', hint: 'Marie', where: 'Marie', parameters: ['Marie'] };
  return Object.assign(new Error(message), { code, severity: 'ERROR', constraint: 'one_reference', ...values });
}

describe('what the log says of an error', () => {
  it.each(['22P02', '23505', '23514', 'P0001', 'XX000'])('leaves out what a database says with %s', (code) => {
    const told = describeError(createDatabaseError(code, 'invalid input: Marie'));
    expect(told).toMatchObject({ code, constraint: 'one_reference', severity: 'ERROR' });
    expect(JSON.stringify(told)).not.toContain('Marie');
  });

  it('keeps what a database says of connections', () => {
    const error = createDatabaseError('57P01', 'terminating connection due to administrator command');
    expect(describeError(error).message).toBe('terminating connection due to administrator command');
  });

  it('leaves out what a parser quotes, and what stands in quotation marks', () => {
    const parse = (text: string): unknown => {
      try {
        return JSON.parse(text);
      } catch (error) {
        return error;
      }
    };
    expect(JSON.stringify(describeError(parse('Marie Curie')))).not.toContain('Marie');
    expect(describeError(new TypeError('the name "Marie" is bad')).message).toBe('the name … is bad');
    expect(describeError(new Error("It must be text. Received type string ('Marie')")).message).not.toContain('Marie');
  });

  it('says where it arose and what caused it, and looks into what GraphQL wraps', () => {
    const error = new Error('outer', { cause: new RangeError('inner') });
    expect(describeError(Object.assign(new Error('wrapper'), { originalError: error }))).toMatchObject({
      type: 'Error',
      message: 'outer',
      stack: expect.stringContaining('describe-error.test.ts:') as string,
      cause: { type: 'RangeError', message: 'inner' },
    });
  });

  it('never tells a quoted text of a client, whatever it looks like, nor a value that was thrown', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1 }).map((each) => `Sceaux${each}Sceaux`);
    const wraps = fc.constantFrom(
      (value: string) => new Error(`no "${value}" here`),
      (value: string) => createDatabaseError('22001', value),
      (value: string) => new SyntaxError(`${value} is no JSON`),
      (value: string) => new Error('outer', { cause: new SyntaxError(`\n    at ${value} (a.ts:1:1)`) }),
      (value: string): unknown => value,
    );
    fc.assert(
      fc.property(text, wraps, (value, wrap) => {
        expect(JSON.stringify(describeError(wrap(value)))).not.toContain('Sceaux');
      }),
    );
  });
});
