import { texts } from '../../src/contract/errors.ts';
import { dig } from './dig.ts';
import type { Verdict, Write } from './ledger.ts';
import type { Reached, Request } from './post.ts';

/** A way to write: what is sent for some writes, and what an answer says of each. */
export type Door = {
  readonly name: string;
  /** How many writes go in one call. */
  readonly size: number;
  readonly createRequest: (writes: readonly Write[]) => Request;
  /** A verdict for each write; throws an `UndocumentedAnswer`. */
  readonly judge: (answer: Answer, count: number) => readonly Verdict[];
};

export type Answer = Reached & { readonly kind: 'answer' };

/** An answer that the gateway's documentation does not have. */
export class UndocumentedAnswer extends Error {
  constructor({ status, body }: Pick<Answer, 'status' | 'body'>) {
    super(`undocumented answer: ${status} ${body.slice(0, 300)}`);
  }
}

const refused: Verdict = { fate: 'refused', isChange: false };
const unknown: Verdict = { fate: 'unknown', isChange: false };

/** What the record's name is after a write; a customer's credit limit is the value itself. */
export function nameAfter({ reference, value }: Write): string {
  return `${reference} ${value}`;
}

/** Below which of the example's categories one is after a write: each new value moves it from one to the other. */
export function parentAfter({ value }: Write): string {
  return value % 2 === 0 ? 'jewelry' : '101';
}

function parseJson(answer: Answer): unknown {
  try {
    return JSON.parse(answer.body);
  } catch {
    throw new UndocumentedAnswer(answer);
  }
}

function judgeOutcome(outcome: unknown, answer: Answer): Verdict {
  const known = String(outcome).toLowerCase();
  if (!['created', 'updated', 'unchanged'].includes(known)) throw new UndocumentedAnswer(answer);
  return { fate: 'acknowledged', isChange: known !== 'unchanged' };
}

/** The gateway has no database, or too much to do: documented, and with the time to wait. */
function judgeUnavailable(code: unknown, message: unknown, answer: Answer): Verdict {
  if (String(code).toLowerCase() !== 'service_unavailable') throw new UndocumentedAnswer(answer);
  return message === texts.fateUnknown ? unknown : refused;
}

function requireUnavailable(answer: Answer): void {
  if (answer.status !== 503 || !/^\d+$/.test(answer.headers['retry-after'] ?? '')) throw new UndocumentedAnswer(answer);
}

type Fields = Readonly<Record<string, string | number>>;

/** A door for one write at a time, by forms. */
function createFormDoor(name: string, resource: string, toFields: (write: Write) => Fields): Door {
  return {
    name,
    size: 1,
    createRequest: ([write]) => {
      if (!write) throw new Error('A form is for one write.');
      const fields = Object.entries(toFields(write)).map(([key, value]) => [key, String(value)]);
      const path = `/api/v1.0/${resource}/reference/${write.reference}`;
      return { path, type: 'application/x-www-form-urlencoded', body: new URLSearchParams(fields).toString() };
    },
    judge: (answer) => {
      if (answer.status === 201) return [judgeOutcome(answer.headers['x-upsert-outcome'], answer)];
      requireUnavailable(answer);
      const body = parseJson(answer);
      return [judgeUnavailable(dig(body, 'error'), dig(body, 'error_description'), answer)];
    },
  };
}

function toCustomer(write: Write): Fields {
  return { name: nameAfter(write), creditLimit: write.value };
}

function toInput(write: Write): object {
  return { reference: write.reference, ...toCustomer(write) };
}

function createGraphqlRequest(query: string, variables: object): Request {
  return { path: '/graphql', type: 'application/json', body: JSON.stringify({ query, variables }) };
}

function judgeResult(result: unknown, answer: Answer): Verdict {
  const outcome = dig(result, 'outcome');
  if (outcome !== undefined) return judgeOutcome(outcome, answer);
  return judgeUnavailable(dig(result, 'errors', '0', 'code'), dig(result, 'errors', '0', 'message'), answer);
}

/** Whether the call as a whole was refused; each of its writes then shares its fate. */
function judgeCall(body: unknown, answer: Answer): Verdict | undefined {
  const error = dig(body, 'errors', '0');
  if (error === undefined) return undefined;
  requireUnavailable(answer);
  return judgeUnavailable(dig(error, 'extensions', 'code'), dig(error, 'message'), answer);
}

const fields = '... on UpsertSuccess { outcome } ... on UpsertFailure { errors { code message } }';

/** A door for one write at a time, by the mutation of that name. */
function createGraphqlDoor(name: string, mutation: string, inputType: string, toInput: (write: Write) => object): Door {
  const query = `mutation ($input: ${inputType}!) { ${mutation}(input: $input) { ${fields} } }`;
  return {
    name,
    size: 1,
    createRequest: ([write]) => {
      if (!write) throw new Error('A mutation is for one write.');
      return createGraphqlRequest(query, { input: toInput(write) });
    },
    judge: (answer) => {
      const body = parseJson(answer);
      return [judgeCall(body, answer) ?? judgeResult(dig(body, 'data', mutation), answer)];
    },
  };
}

const bulk = `mutation ($inputs: [UpsertCustomersInput!]!, $onError: BulkOnError!) {
  upsertCustomers(inputs: $inputs, onError: $onError) { results { ${fields} } }
}`;

function createBulkDoor(onError: 'SKIP_FAILED' | 'REJECT_ALL'): Door {
  return {
    name: `bulk, ${onError}`,
    size: 20,
    createRequest: (writes) => createGraphqlRequest(bulk, { inputs: writes.map(toInput), onError }),
    judge: (answer, count) => {
      const body = parseJson(answer);
      const whole = judgeCall(body, answer);
      const places = Array.from({ length: count }, (_, index) => String(index));
      const result = (place: string) => dig(body, 'data', 'upsertCustomers', 'results', place);
      return places.map((place) => whole ?? judgeResult(result(place), answer));
    },
  };
}

/**
 * The ways to write that a storm uses, single calls and bulk ones: the second do each call in one transaction, and so does what
 * moves categories, one at a time in an organization.
 */
export const doors: readonly Door[] = [
  createFormDoor('form', 'customers', toCustomer),
  createGraphqlDoor('GraphQL', 'upsertCustomer', 'UpsertCustomerInput', toInput),
  createBulkDoor('SKIP_FAILED'),
  createBulkDoor('REJECT_ALL'),
  createFormDoor('form, categories', 'customerCategories', (write) => {
    return { name: nameAfter(write), parentId: parentAfter(write) };
  }),
  createGraphqlDoor('GraphQL, categories', 'upsertCustomerCategory', 'UpsertCustomerCategoryInput', (write) => {
    return { reference: write.reference, name: nameAfter(write), parent: { reference: parentAfter(write) } };
  }),
];

/** What a reply says of each of some writes; throws an `UndocumentedAnswer`. */
export function judgeReply(door: Door, reply: Reached, count: number): readonly Verdict[] {
  return reply.kind === 'answer' ? door.judge(reply, count) : Array.from({ length: count }, () => unknown);
}
