import { customerCategoryParameters, customerParameters } from '../../src/contract/parameters.ts';
import type { Parameter } from '../../src/contract/parameters.ts';
import { sentences, tooLong } from '../support/rest.ts';
import type { Attack, AttackGroup } from './attack.ts';
import { categoryPath, postForm, postParameter, upsert, upsertCategory, urlencoded } from './requests.ts';

/** What is wrong with a parameter: as a form says it, as GraphQL's input says it, and how each door answers. */
type Wrong = {
  readonly what: string;
  readonly text: string;
  readonly value: unknown;
  readonly code: string;
  readonly sentence: string;
};

const statuses: Readonly<Record<string, number>> = { invalid_param_type: 400, not_found: 404 };

const invalid = (name: string, what: string, text: string, value: unknown = text): Wrong => ({
  what,
  text,
  value,
  code: 'invalid_param_type',
  sentence: sentences.invalid(name),
});

const largestId = '9223372036854775807';

const unknown = (noun: string, what: string, text: string, value: unknown = text): Wrong => ({
  what,
  text,
  value,
  code: 'not_found',
  sentence: sentences.notFound(noun, text),
});

function listTexts({ name }: Parameter, max: number): Wrong[] {
  return [invalid(name, `${max + 1} characters`, tooLong(max)), invalid(name, 'U+0000', 'a\0b')];
}

function listNumbers({ name }: Parameter, min: number, max: number): Wrong[] {
  const beyond =
    Number.isSafeInteger(max) && max < 1_000
      ? [invalid(name, 'a little too much', String(max + 0.001), max + 0.001)]
      : [];
  return [invalid(name, 'a little too little', String(min - 1), min - 1), ...beyond];
}

function listRelations({ name, field }: Parameter, noun: string): Wrong[] {
  if (field === 'regionId')
    return [unknown(noun, 'the largest id', largestId), invalid(name, 'an id beyond 64 bits', '9223372036854775808')];
  return [
    unknown(noun, 'an unknown reference', 'nobody', { reference: 'nobody' }),
    unknown(noun, 'the largest id', largestId, { id: largestId }),
  ];
}

/** One too many, too long, too far or too unknown. */
function listWrongs(parameter: Parameter): Wrong[] {
  const { kind, name } = parameter;
  switch (kind.type) {
    case 'text':
      return listTexts(parameter, kind.max);
    case 'number':
      return listNumbers(parameter, kind.min, kind.max);
    case 'relation':
      return listRelations(parameter, kind.noun);
    case 'country':
      return [invalid(name, 'a country there is none of', 'Atlantis'), invalid(name, 'a code there is none of', 'XX')];
    case 'currency':
      return [unknown('currency', 'one of others', 'JPY'), invalid(name, 'four letters', 'EURO')];
    case 'boolean':
    case 'dueDateType':
    case 'paymentTypes':
    case 'image':
      return [];
  }
}

/** What only a form can say, since GraphQL has types. */
function listBadTexts({ kind }: Parameter): readonly string[] {
  switch (kind.type) {
    case 'boolean':
      return ['1', 'yes', 'true '];
    case 'number':
      return ['NaN', 'Infinity', '1e309', '0x10', '1,5', ' 1', '1_000', '--1'];
    case 'dueDateType':
      return ['3', '0', 'DAYS_AFTER_INVOICE_DATE'];
    case 'paymentTypes':
      return ['[', '7', '[{"id"=}]', '[[7]]', '{"__proto__":7}'];
    case 'text':
    case 'relation':
    case 'country':
    case 'currency':
    case 'image':
      return [];
  }
}

const describeValue = (text: string): string => (text.length > 40 ? `${text.length} characters` : JSON.stringify(text));

function listFormAttacks(parameters: readonly Parameter[], post: (name: string, text: string) => Buffer): Attack[] {
  return parameters
    .filter(({ graphqlOnly }) => !graphqlOnly)
    .flatMap((parameter) => {
      const { name, kind } = parameter;
      const sentence = kind.type === 'boolean' ? sentences.invalidBoolean(name) : sentences.invalid(name);
      return [
        ...listWrongs(parameter).map(({ what, text, code, sentence: told }): Attack => [
          `${what} for ${name}`,
          post(name, text),
          `${statuses[code] ?? 0} ${code}: ${told}`,
        ]),
        ...listBadTexts(parameter).map((text): Attack => [
          `${describeValue(text)} for ${name}`,
          post(name, text),
          `400 invalid_param_type: ${sentence}`,
        ]),
      ];
    });
}

function listGraphqlAttacks(parameters: readonly Parameter[], send: (fields: object) => Buffer): Attack[] {
  return parameters.flatMap((parameter) =>
    listWrongs(parameter).map(({ what, value, code, sentence }): Attack => [
      `${what} for ${parameter.field}`,
      send({ [parameter.field]: value }),
      `200 ${code.toUpperCase()}: ${sentence}`,
    ]),
  );
}

const postCategory = (name: string, text: string): Buffer =>
  postForm(new URLSearchParams({ name: 'x', parentId: 'root', [name]: text }).toString(), urlencoded, categoryPath);
const subCustomer = (name: string, text: string): Buffer =>
  name === 'parentCustomer'
    ? postForm(new URLSearchParams({ name: 'x', isSubCustomer: 'true', [name]: text }).toString())
    : postParameter(name, text);
const upsertSubCustomer = (fields: object): Buffer =>
  upsert('parentCustomer' in fields ? { isSubCustomer: true, ...fields } : fields);

/** Every parameter of the contract just beyond what it may be, at both doors. */
export const values: readonly AttackGroup[] = [
  { name: 'a customer’s form with', attacks: listFormAttacks(customerParameters, subCustomer) },
  { name: 'a category’s form with', attacks: listFormAttacks(customerCategoryParameters, postCategory) },
  { name: 'upsertCustomer with', attacks: listGraphqlAttacks(customerParameters, upsertSubCustomer) },
  { name: 'upsertCustomerCategory with', attacks: listGraphqlAttacks(customerCategoryParameters, upsertCategory) },
];
