import { normalizeId } from './ids.ts';
import { limits } from './limits.ts';

/** The ids as and in the order they were sent, without duplicates; or the parameter that the error text names. */
export type PaymentTypesReading =
  | { readonly ok: true; readonly ids: string[] }
  | { readonly ok: false; readonly parameter: 'payment type id' | 'paymentTypes' };

/**
 * Reads the form's `paymentTypes` (ruling 28): the page's `[{"id"=7},{"id"=8}]`, JSON, and what lies between: `=>`, `;`,
 * bare keys, single quotes, `[7,8]`, a comma too many at the end. Keys other than `id` are ignored. An empty text clears
 * (ruling 17). Takes linear time and never throws.
 */
export function readPaymentTypes(text: string): PaymentTypesReading {
  if (text === '') return { ok: true, ids: [] };
  const literals = readList(tokenize(text));
  if (literals === undefined) return { ok: false, parameter: 'paymentTypes' };
  const sent = new Map<string, string>();
  for (const literal of literals) {
    const id = normalizeId(literal);
    if (id === undefined) return { ok: false, parameter: 'payment type id' };
    if (!sent.has(id)) sent.set(id, literal);
  }
  return sent.size > limits.values.paymentTypes
    ? { ok: false, parameter: 'paymentTypes' }
    : { ok: true, ids: [...sent.values()] };
}

type Token =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: '[' | ']' | '{' | '}' | ',' | ':' | 'unreadable' };
type Tokens = Iterator<Token, undefined>;

const marks: Readonly<Record<string, Token>> = {
  '[': { kind: '[' },
  ']': { kind: ']' },
  '{': { kind: '{' },
  '}': { kind: '}' },
  ',': { kind: ',' },
  ';': { kind: ',' },
  ':': { kind: ':' },
  '=': { kind: ':' },
  '=>': { kind: ':' },
};
// In `{"id":[7]}` the id is there, but it is no integer; an empty literal says just that.
const nested = '';

/** Yields an 'unreadable' token, which no rule expects, where the text isn't one of ours. */
function* tokenize(text: string): Generator<Token, undefined> {
  const pattern = /\s*(?:(=>|[[\]{},;:=])|(["'])|([^\s[\]{},;:=>"']+)|$)/y;
  while (pattern.lastIndex < text.length) {
    const [matched = '', mark, quote, bare] = pattern.exec(text) ?? [];
    if (mark !== undefined) yield marks[mark] ?? { kind: 'unreadable' };
    else if (bare !== undefined) yield { kind: 'literal', text: bare };
    else if (quote !== undefined) {
      const start = pattern.lastIndex;
      const end = findClosingQuote(text, quote, start);
      yield end === undefined ? { kind: 'unreadable' } : { kind: 'literal', text: text.slice(start, end) };
      pattern.lastIndex = (end ?? text.length) + 1;
    } else if (matched === '') {
      yield { kind: 'unreadable' };
      return undefined;
    }
  }
  return undefined;
}

/** A backslash protects what follows; it isn't undone, since neither `id` nor digits need one. */
function findClosingQuote(text: string, quote: string, start: number): number | undefined {
  for (let index = start; index < text.length; index++) {
    if (text[index] === '\\') index++;
    else if (text[index] === quote) return index;
  }
  return undefined;
}

/** The literals that stand for ids; undefined where the tokens aren't one whole list. */
function readList(tokens: Tokens): string[] | undefined {
  const literals: string[] = [];
  const readElement = (first: Token): boolean => {
    const literal = first.kind === '{' ? readObject(tokens) : readLiteral(first);
    if (literal === undefined) return false;
    literals.push(literal);
    return true;
  };
  const isList = tokens.next().value?.kind === '[' && readSequence(tokens, ']', readElement);
  return isList && tokens.next().done === true ? literals : undefined;
}

/** The value of the object's `id`, the last if there are several; undefined without one. */
function readObject(tokens: Tokens): string | undefined {
  let id: string | undefined;
  const readPair = (first: Token): boolean => {
    const key = readLiteral(first);
    if (key === undefined || tokens.next().value?.kind !== ':') return false;
    const value = readValue(tokens);
    if (key === 'id') id = value;
    return value !== undefined;
  };
  return readSequence(tokens, '}', readPair) ? id : undefined;
}

function readSequence(tokens: Tokens, closing: ']' | '}', readItem: (first: Token) => boolean): boolean {
  let token = tokens.next().value;
  while (token?.kind !== closing) {
    if (token === undefined || !readItem(token)) return false;
    token = tokens.next().value;
    if (token?.kind === ',') token = tokens.next().value;
    else if (token?.kind !== closing) return false;
  }
  return true;
}

const readLiteral = (token: Token): string | undefined => (token.kind === 'literal' ? token.text : undefined);

function readValue(tokens: Tokens): string | undefined {
  const first = tokens.next().value;
  if (first === undefined) return undefined;
  if (first.kind !== '[' && first.kind !== '{') return readLiteral(first);
  return skipNested(tokens, first.kind) ? nested : undefined;
}

/** Skips to the end of a list or an object. It keeps its own stack, so that depth costs no call stack. */
function skipNested(tokens: Tokens, opening: '[' | '{'): boolean {
  const stack = [opening];
  while (stack.length > 0) {
    const kind = tokens.next().value?.kind;
    if (kind === undefined || kind === 'unreadable') return false;
    if (kind === '[' || kind === '{') stack.push(kind);
    if (kind === ']' && stack.pop() !== '[') return false;
    if (kind === '}' && stack.pop() !== '{') return false;
  }
  return true;
}
