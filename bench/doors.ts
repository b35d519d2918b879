import { createPost, expectAnswer, prepareGraphql } from './http-requests.ts';
import type { Answer } from './load/parse-answer.ts';
import type { Write } from './load/write-ledger.ts';

/** One way to upsert the documented example: how to ask for it, and how to tell that it was done. */
export type UpsertDoor = {
  readonly createRequest: (write: Write) => Uint8Array;
  /** Throws unless the answer acknowledges this write. */
  readonly accept: (write: Write, answer: Answer) => void;
};

const email = 'marie@example.com';
const phone = '+33 4 00 00 00 00';

function referenceOf({ customer }: Write): string {
  return `C-${customer}`;
}

function nameOf({ value }: Pick<Write, 'value'>): string {
  return `Marie's Jewelry ${value}`;
}

const fields =
  'id reference name barcode email phone mobile fax comment website currency logo { original } city country ' +
  'billingCity billingCountry postalCode address taxNumber onHoldReason';

const requestGateway = prepareGraphql(`mutation Upsert($input: UpsertCustomerInput!) {
  upsertCustomer(input: $input) {
    ... on UpsertCustomerSuccess { outcome customer { ${fields} } }
    ... on UpsertFailure { errors { code message path } }
  }
}`);

/** The gateway's GraphQL, with twenty fields of the customer selected. */
export const graphqlDoor: UpsertDoor = {
  createRequest: (write) =>
    requestGateway({
      input: {
        reference: referenceOf(write),
        name: nameOf(write),
        customerCategory: { reference: 'jewelry' },
        customerSegmentation: { reference: 'seg_a' },
        createdBy: { reference: 'emp-002' },
        billingCity: 'Nice',
        billingCountry: 'FR',
        email,
        phone,
        creditLimit: write.value,
        paymentTypes: [{ id: '7' }, { id: '8' }],
      },
    }),
  accept: (write, answer) =>
    expectAnswer(answer, 200, [
      '"outcome":"UPDATED"',
      `"reference":"${referenceOf(write)}"`,
      `"name":"${nameOf(write)}"`,
      '"city":"Nice","country":"FR"',
    ]),
};

/** Larger than any value, in whose place it stands. */
const slot = { value: 9_999_999_999 };

/** The form's body in two places of which the value stands; made once, since that costs as much as the rest of a request. */
const formPieces = new URLSearchParams({
  name: nameOf(slot),
  categoryId: 'jewelry',
  customerSegmentationId: 'seg_a',
  userId: 'emp-002',
  billingCity: 'Nice',
  billingCountry: 'FR',
  email,
  phone,
  creditLimit: String(slot.value),
  paymentTypes: '[{"id"=7},{"id"=8}]',
})
  .toString()
  .split(String(slot.value));

/** The gateway's form POST, as the contract has it. */
export const formDoor: UpsertDoor = {
  createRequest: (write) =>
    createPost(
      `/api/v1.0/customers/reference/${referenceOf(write)}`,
      'application/x-www-form-urlencoded',
      formPieces.join(String(write.value)),
    ),
  accept: (write, answer) =>
    expectAnswer(answer, 201, [
      `"reference":"${referenceOf(write)}"`,
      `"name":"${nameOf(write)}"`,
      '"categoryReference":"jewelry"',
      `"creditLimit":${write.value},`,
    ]),
};

const peerColumns =
  'reference name barcode email phone mobile fax comment website currency logo city country ' +
  'billing_city billing_country postal_code address tax_number on_hold_reason';

const requestPeer = prepareGraphql(`mutation($input: In!) { upsertCustomer(input: $input) { id ${peerColumns} } }`);

/** What the peers of peers.mjs understand, with twenty fields selected too. */
export const peerDoor: UpsertDoor = {
  createRequest: (write) =>
    requestPeer({
      input: {
        reference: referenceOf(write),
        name: nameOf(write),
        category: 'jewelry',
        segmentation: 'seg_a',
        user: 'emp-002',
        city: 'Nice',
        country: 'FR',
        email,
        phone,
        creditLimit: write.value,
        paymentTypes: [7, 8],
      },
    }),
  accept: (write, answer) =>
    expectAnswer(answer, 200, [`"reference":"${referenceOf(write)}"`, `"name":"${nameOf(write)}"`, '"city":"Nice"']),
};
