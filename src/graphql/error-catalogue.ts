import { type ErrorCode, errorCatalogue, isErrorCode, upsertErrorCodes } from '../contract/errors.ts';
import { builder } from './builder.ts';

const codes: readonly ErrorCode[] = Object.keys(errorCatalogue).filter(isErrorCode);
const dataCodes: ReadonlySet<ErrorCode> = new Set(upsertErrorCodes);

const ErrorCodeEnum = builder.enumType('ErrorCode', {
  description: 'What can go wrong at either door, as REST names it, in capitals.',
  values: Object.fromEntries(
    codes.map((code) => [code.toUpperCase(), { value: code, description: errorCatalogue[code].when }]),
  ),
});

const ErrorKindRef = builder.objectRef<ErrorCode>('ErrorKind').implement({
  description: 'One kind of error, at both doors. ◊ marks what the original contract does not have.',
  fields: (t) => ({
    code: t.field({ type: ErrorCodeEnum, description: 'Its name here.', resolve: (code) => code }),
    restCode: t.string({ description: 'Its name in REST: `error`.', resolve: (code) => code }),
    restStatus: t.int({ description: 'The HTTP status REST answers.', resolve: (code) => errorCatalogue[code].status }),
    texts: t.stringList({
      description: 'Every sentence it is told with, word for word; what differs stands as `{name}`.',
      resolve: (code) => [...errorCatalogue[code].texts],
    }),
    when: t.string({ description: 'When it happens.', resolve: (code) => errorCatalogue[code].when }),
    inResult: t.boolean({
      description:
        'Whether an upsert may answer it as data, in `UpsertFailure`; if not, it is about the whole request.',
      resolve: (code) => dataCodes.has(code),
    }),
  }),
});

builder.queryField('errorCatalogue', (t) =>
  t.field({
    type: [ErrorKindRef],
    description: 'Everything that can go wrong, in the order in which REST reports one of several errors.',
    resolve: () => [...codes],
  }),
);
