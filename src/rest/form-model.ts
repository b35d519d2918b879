import { type ErrorCode, texts } from '../contract/errors.ts';

/** A parameter as it was sent, untrimmed. A file's `bytes` end one byte after `maxImageBytes`: enough to see it is too large. */
export type FormField =
  | { readonly kind: 'text'; readonly value: string }
  /** Its bytes are no text in the charset declared for it. */
  | { readonly kind: 'unreadable' }
  | { readonly kind: 'file'; readonly filename: string; readonly bytes: Uint8Array };

/** The parameters by name; of one sent twice the last (ruling 10). */
export type Form = ReadonlyMap<string, FormField>;

/** What one form may hold; all in bytes but `parts`, which counts parameters. Over it is `payload_too_large`. */
export const formLimits = Object.freeze({
  /** Names and values together; of an urlencoded form the whole body, as it stands on the wire. */
  textBytes: 1_048_576,
  parts: 1_000,
  nameBytes: 255,
  partHeaderBytes: 16_384,
  bodyBytes: 33_554_432,
});

/** The codes a form can be refused with. */
export type FormErrorCode = Extract<
  ErrorCode,
  'unsupported_media_type' | 'payload_too_large' | 'invalid_param_type' | 'exceeded_file_size'
>;

/** A form that can't be read; `message` is ready for the answer's `error_description`. */
export class FormError extends Error {
  override readonly name = 'FormError';
  readonly code: FormErrorCode;

  constructor(code: FormErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

const limitTexts: Record<keyof typeof formLimits, string> = {
  textBytes: texts.tooLarge('The text of the form', formLimits.textBytes),
  parts: texts.tooManyParameters(formLimits.parts),
  nameBytes: texts.tooLarge('The name of a parameter', formLimits.nameBytes),
  partHeaderBytes: texts.tooLarge('The header of a part', formLimits.partHeaderBytes),
  bodyBytes: texts.tooLarge('The body', formLimits.bodyBytes),
};

/** The error for a form over one of `formLimits`. */
export const overLimit = (limit: keyof typeof formLimits) => new FormError('payload_too_large', limitTexts[limit]);

/** The error for something ill-typed: a parameter, the `charset`, the `body` itself. */
export const invalidType = (parameter: string) => new FormError('invalid_param_type', texts.invalidType(parameter));
