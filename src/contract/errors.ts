/**
 * The closed list of what can go wrong, by the contract's codes. `status` is the REST status, `stage` the place in the
 * order in which REST reports one of several errors (ruling 5), `when` what the documentation says. Codes marked ◊ are ours.
 */
export const errorCatalogue = {
  unauthorized: { status: 401, stage: 0, when: 'The caller is not known. ◊' },
  method_not_allowed: { status: 405, stage: 0, when: 'The address exists, but not for this method. ◊' },
  unsupported_media_type: { status: 415, stage: 0, when: 'The body is neither urlencoded nor multipart. ◊' },
  payload_too_large: { status: 413, stage: 0, when: 'The body is larger than the gateway reads. ◊' },
  missing_param: { status: 400, stage: 1, when: 'A required parameter is absent, or cleared.' },
  invalid_param_type: { status: 400, stage: 2, when: 'A value has the wrong type, or lies outside its range.' },
  exceeded_file_size: { status: 400, stage: 3, when: 'An image is larger than 2 097 152 bytes.' },
  unsupported_file_type: { status: 400, stage: 3, when: 'An image is no JPEG, GIF, PNG or BMP, or does not decode.' },
  not_found: { status: 404, stage: 4, when: 'A record named by id or reference does not exist in the organization.' },
  conflict: {
    status: 412,
    stage: 4,
    when: 'The record is not what the call asked for: it exists, does not exist, or has another version. ◊',
  },
  not_unique: { status: 400, stage: 5, when: 'The reference belongs to another record already.' },
  save_not_authorized: { status: 400, stage: 5, when: 'The organization would have two root categories.' },
  save_failed: { status: 400, stage: 5, when: 'The record would break a rule, such as being its own ancestor.' },
  service_unavailable: { status: 503, stage: 6, when: 'The gateway is at its limit; the call changed nothing. ◊' },
  server_error: { status: 500, stage: 6, when: 'The gateway failed.' },
} as const satisfies Record<string, { status: number; stage: number; when: string }>;

/** A code of the contract, as REST spells it. */
export type ErrorCode = keyof typeof errorCatalogue;

/** The codes an upsert can answer as data. */
export const upsertErrorCodes = [
  'missing_param',
  'invalid_param_type',
  'exceeded_file_size',
  'unsupported_file_type',
  'not_found',
  'conflict',
  'not_unique',
  'save_not_authorized',
  'save_failed',
] as const satisfies readonly ErrorCode[];

export type UpsertErrorCode = (typeof upsertErrorCodes)[number];

/** One thing wrong with one input: `message` is the contract's text byte for byte, `path` leads into the GraphQL input. */
export type UpsertError = {
  readonly code: UpsertErrorCode;
  readonly message: string;
  readonly path: readonly string[];
  /** Of a conflict: the version that is stored, null where there is no record. */
  readonly currentVersion?: number | null;
};

/** A noun of ruling 6, as it stands in 404 texts. */
export type Noun =
  | 'customer'
  | 'customer category'
  | 'parent customer category'
  | 'parent customer'
  | 'customer segmentation'
  | 'user'
  | 'payment type'
  | 'region'
  | 'currency'
  | 'organization';

/** The contract's sentences, byte for byte. `parameter` is always the form's name for it. */
export const texts = {
  missing: (parameter: string) => `${parameter} parameter is missing`,
  invalidBoolean: (parameter: string) =>
    `An invalid value was specified for parameter: ${parameter} (must be a boolean: true or false)`,
  invalidType: (parameter: string) => `The type of parameter ${parameter} you provided is not valid for this request.`,
  notFound: (noun: Noun, sent: string) => `The ${noun} with the id ${sent} doesn't exist.`,
  notUnique: 'reference already used',
  fileTooLarge: 'image size should not exceed 2Mo',
  fileNotSupported: 'image format not supported.',
  customerSaveFailed: 'Failed to save instance.',
  categorySaveFailed: 'Failed to save instance',
  secondRoot: 'Organization should have only one root category of customer.',
  exists: 'The record exists already.',
  doesNotExist: 'The record does not exist.',
  versionDiffers: (current: number) => `The record has version ${current}.`,
  serverError: 'Oops! Something went wrong...',
} as const;
