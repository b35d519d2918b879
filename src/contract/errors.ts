/** The nouns of ruling 6, as they stand in 404 texts. */
export const nouns = [
  'customer',
  'customer category',
  'parent customer category',
  'parent customer',
  'customer segmentation',
  'user',
  'payment type',
  'region',
  'currency',
  'organization',
] as const;

export type Noun = (typeof nouns)[number];

/** What stands in a text for something that is only known when it is said. */
type Placeholder = `{${string}}`;

/** The sentences of all errors, the contract's byte for byte. `parameter` is always the form's name for it. */
export const texts = {
  missing: (parameter: string) => `${parameter} parameter is missing`,
  invalidBoolean: (parameter: string) =>
    `An invalid value was specified for parameter: ${parameter} (must be a boolean: true or false)`,
  invalidType: (parameter: string) => `The type of parameter ${parameter} you provided is not valid for this request.`,
  notFound: (noun: Noun | Placeholder, sent: string) => `The ${noun} with the id ${sent} doesn't exist.`,
  noCredential: 'This needs a credential: an API key or a token.',
  severalCredentials: 'Several different credentials were sent.',
  unknownCredential: 'The credential is neither an API key nor a token that is accepted here.',
  mistypedKey: 'The API key is mistyped: its checksum is wrong.',
  invalidKey: 'The API key is unknown, revoked or expired.',
  tokenExpired: 'The token has expired.',
  invalidToken: 'The token is not valid here.',
  attemptsUsedUp: 'Too many credentials from this address were not valid: Retry-After says when the next is looked at.',
  callsUsedUp: 'The caller has no calls left for now: Retry-After says when the next is answered.',
  missingScope: (scope: string) => `The credential lacks the scope ${scope}.`,
  otherOrganization: 'The credential is not for this organization.',
  noOrganizationClaimed: 'The token names no organization.',
  otherSite: 'The page of another site made this request, or a name that is not the gateway’s.',
  noAddress: 'There is nothing at this address.',
  methodNotAllowed: (allowed: string) => `This address answers ${allowed} only.`,
  notAForm: 'The body must be application/x-www-form-urlencoded or multipart/form-data.',
  tooLarge: (what: string, bytes: number | Placeholder) => `${what} must not exceed ${bytes} bytes.`,
  tooManyParameters: (most: number | Placeholder) => `The form must not have more than ${most} parameters.`,
  notUnique: 'reference already used',
  duplicate: 'The call uses this reference more than once.',
  aborted: 'Nothing was done, since other items of the call were refused.',
  fileTooLarge: 'image size should not exceed 2Mo',
  fileNotSupported: 'image format not supported.',
  customerSaveFailed: 'Failed to save instance.',
  categorySaveFailed: 'Failed to save instance',
  secondRoot: 'Organization should have only one root category of customer.',
  exists: 'The record exists already.',
  doesNotExist: 'The record does not exist.',
  versionDiffers: (current: number | Placeholder) => `The record has version ${current}.`,
  tooManyWriters: 'Too many writers of the same records.',
  tooManyImages: 'Too many images at once.',
  tooManyCalls: 'Too many calls at once.',
  tooManyConnections: 'Too many connections at once.',
  tooMuchSent: 'Too much is being sent at once.',
  identityProviderAway: 'The keys of the identity provider cannot be read.',
  imagesAway: 'The images cannot be reached or stored at the moment.',
  databaseAway: 'The database cannot be reached.',
  databaseSlow: 'The database did not answer in time.',
  fateUnknown: 'The database was lost while it was writing: the call may have been done, and is safe to repeat.',
  noOrganization: 'There is no organization yet: provision one.',
  cursorExpired:
    'The change of this cursor is no longer kept. Start over: read all records, then the changes without a cursor.',
  serverError: 'Oops! Something went wrong...',
} as const;

/** The header of every 503: when to come again, in seconds. */
export const comeAgain = { 'retry-after': '1' } as const;

/** One kind of error, as the documentation tells it. */
type ErrorKind = {
  readonly status: number;
  readonly stage: number;
  readonly when: string;
  readonly texts: readonly string[];
};

/**
 * The closed list of what can go wrong, by the contract's codes. `status` is the REST status, `stage` the place in the
 * order in which REST reports one of several errors (ruling 5), `when` what the documentation says, `texts` every sentence it
 * is told with. Codes marked ◊ are ours.
 */
export const errorCatalogue = {
  unauthorized: {
    status: 401,
    stage: 0,
    when: 'The caller is not known: there is no credential, or none that is valid. ◊',
    texts: [
      texts.noCredential,
      texts.severalCredentials,
      texts.unknownCredential,
      texts.mistypedKey,
      texts.invalidKey,
      texts.tokenExpired,
      texts.invalidToken,
    ],
  },
  forbidden: {
    status: 403,
    stage: 0,
    when: 'The caller is known, but not allowed this. ◊',
    texts: [texts.missingScope('{scope}'), texts.otherOrganization, texts.noOrganizationClaimed, texts.otherSite],
  },
  too_many_requests: {
    status: 429,
    stage: 0,
    when: 'The caller calls more often than it may, or its address has sent too many credentials that are not valid. Come again after the seconds of Retry-After: the call changed nothing. ◊',
    texts: [texts.callsUsedUp, texts.attemptsUsedUp],
  },
  method_not_allowed: {
    status: 405,
    stage: 0,
    when: 'The address exists, but not for this method. ◊',
    texts: [texts.methodNotAllowed('{methods}')],
  },
  unsupported_media_type: {
    status: 415,
    stage: 0,
    when: 'The body is neither urlencoded nor multipart. ◊',
    texts: [texts.notAForm],
  },
  payload_too_large: {
    status: 413,
    stage: 0,
    when: 'The body is larger than the gateway reads. ◊',
    texts: [texts.tooLarge('{part}', '{bytes}'), texts.tooManyParameters('{most}')],
  },
  missing_param: {
    status: 400,
    stage: 1,
    when: 'A required parameter is absent, or cleared.',
    texts: [texts.missing('{parameter}')],
  },
  invalid_param_type: {
    status: 400,
    stage: 2,
    when: 'A value has the wrong type, or lies outside its range.',
    texts: [texts.invalidType('{parameter}'), texts.invalidBoolean('{parameter}')],
  },
  exceeded_file_size: {
    status: 400,
    stage: 3,
    when: 'An image is larger than 2 097 152 bytes.',
    texts: [texts.fileTooLarge],
  },
  unsupported_file_type: {
    status: 400,
    stage: 3,
    when: 'An image is no JPEG, GIF, PNG or BMP, or does not decode.',
    texts: [texts.fileNotSupported],
  },
  not_found: {
    status: 404,
    stage: 4,
    when: 'A record named by id or reference does not exist in the organization.',
    texts: [texts.notFound('{noun}', '{value}'), texts.noAddress],
  },
  cursor_expired: {
    status: 410,
    stage: 4,
    when: 'A cursor of the feed of changes names one that was pruned, or that the database lost; GraphQL only. ◊',
    texts: [texts.cursorExpired],
  },
  conflict: {
    status: 412,
    stage: 4,
    when: 'The record is not what the call asked for: it exists, does not exist, or has another version. ◊',
    texts: [texts.exists, texts.doesNotExist, texts.versionDiffers('{version}')],
  },
  not_unique: {
    status: 400,
    stage: 5,
    when: 'The reference belongs to another record already.',
    texts: [texts.notUnique],
  },
  duplicate: {
    status: 400,
    stage: 5,
    when: 'Several items of one bulk upsert have the same reference, or are to be renamed to one; GraphQL only. ◊',
    texts: [texts.duplicate],
  },
  save_not_authorized: {
    status: 400,
    stage: 5,
    when: 'The organization would have two root categories.',
    texts: [texts.secondRoot],
  },
  save_failed: {
    status: 400,
    stage: 5,
    when: 'The record would break a rule, such as being its own ancestor.',
    texts: [texts.customerSaveFailed, texts.categorySaveFailed],
  },
  aborted: {
    status: 424,
    stage: 5,
    when: 'Nothing is wrong with the item itself, but its bulk upsert was to be done as a whole or not at all; GraphQL only. ◊',
    texts: [texts.aborted],
  },
  service_unavailable: {
    status: 503,
    stage: 6,
    when: 'The gateway is at its limit, or has lost its database or its image store. Come again: the call changed nothing, unless it says otherwise. ◊',
    texts: [
      texts.tooManyWriters,
      texts.tooManyImages,
      texts.tooManyCalls,
      texts.tooManyConnections,
      texts.tooMuchSent,
      texts.identityProviderAway,
      texts.imagesAway,
      texts.databaseAway,
      texts.databaseSlow,
      texts.fateUnknown,
      texts.noOrganization,
    ],
  },
  server_error: { status: 500, stage: 6, when: 'The gateway failed.', texts: [texts.serverError] },
} as const satisfies Record<string, ErrorKind>;

/** A code of the contract, as REST spells it. */
export type ErrorCode = keyof typeof errorCatalogue;

/** Whether the contract knows a code. */
export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorCatalogue, code);
}

/** The codes an upsert can answer as data; of the last two only one item of several, since else they are the request's. */
export const upsertErrorCodes = [
  'missing_param',
  'invalid_param_type',
  'exceeded_file_size',
  'unsupported_file_type',
  'not_found',
  'conflict',
  'not_unique',
  'duplicate',
  'save_not_authorized',
  'save_failed',
  'aborted',
  'service_unavailable',
  'server_error',
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
