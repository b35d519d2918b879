import { expect } from 'vitest';
import type { RestAnswer } from './gateway.ts';

/** The contract's sentences as the pages and rulings print them, written down here a second time on purpose. */
export const sentences = {
  missing: (parameter: string) => `${parameter} parameter is missing`,
  invalid: (parameter: string) => `The type of parameter ${parameter} you provided is not valid for this request.`,
  invalidBoolean: (parameter: string) =>
    `An invalid value was specified for parameter: ${parameter} (must be a boolean: true or false)`,
  notFound: (noun: string, sent: string) => `The ${noun} with the id ${sent} doesn't exist.`,
};

/** Holds an answer to be this failure and nothing else: one flat object, byte for byte. */
export function expectFailure(answer: RestAnswer, status: number, error: string, description: string): void {
  const expected = JSON.stringify({ error, error_description: description });
  expect({ status: answer.status, text: answer.text }).toEqual({ status, text: expected });
  expect(answer.headers.get('content-type')).toMatch(/^application\/json\b/);
  expect(answer.headers.has('x-upsert-outcome')).toBe(false);
}

/** Holds an answer to be 400 `missing_param` for the parameter. */
export function expectMissing(answer: RestAnswer, parameter: string): void {
  expectFailure(answer, 400, 'missing_param', sentences.missing(parameter));
}

/** Holds an answer to be 400 `invalid_param_type` for the parameter, in the sentence of ruling 21. */
export function expectInvalid(answer: RestAnswer, parameter: string): void {
  expectFailure(answer, 400, 'invalid_param_type', sentences.invalid(parameter));
}

/** Holds an answer to be 404 `not_found` for the noun and the value as it was sent. */
export function expectNotFound(answer: RestAnswer, noun: string, sent: string): void {
  expectFailure(answer, 404, 'not_found', sentences.notFound(noun, sent));
}

/** The codes of `X-Upsert-Warnings`, each once. */
export function warningsOf({ headers }: RestAnswer): string[] {
  return [...new Set(headers.get('x-upsert-warnings')?.split(', ') ?? [])];
}

/** Holds an answer to be a 201 of this outcome with exactly these kinds of warning, and gives its body. */
export function expectDone(
  answer: RestAnswer,
  outcome: 'created' | 'updated' | 'unchanged',
  ...warnings: readonly string[]
): Record<string, unknown> {
  const { status, headers, text } = answer;
  expect({ status, outcome: headers.get('x-upsert-outcome'), warnings: warningsOf(answer), text }).toEqual({
    status: 201,
    outcome,
    warnings,
    text,
  });
  return answer.body;
}

/** A field of a nested object of a body. */
export function pick(body: Record<string, unknown>, key: string, inner: string): unknown {
  const value = body[key];
  return typeof value === 'object' && value !== null ? Reflect.get(value, inner) : value;
}

/** References that no other test of the file has: `prefix-1`, `prefix-2`, … */
export function createReferences(prefix: string): () => string {
  let count = 0;
  return () => `${prefix}-${(count += 1)}`;
}

/** A parameter's value that is one character longer than `max`. */
export function tooLong(max: number): string {
  return 'x'.repeat(max + 1);
}
