import { type ErrorCode, texts } from '../contract/errors.ts';
import { limits } from '../contract/limits.ts';

/** A parameter as it was sent, untrimmed. A file's `bytes` end one byte after what is accepted: enough to see it is too large. */
export type FormField =
  | { readonly kind: 'text'; readonly value: string }
  /** Its bytes are no text in the charset declared for it. */
  | { readonly kind: 'unreadable' }
  | { readonly kind: 'file'; readonly filename: string; readonly bytes: Uint8Array };

/** The parameters by name; of one sent twice the last (ruling 10). */
export type Form = ReadonlyMap<string, FormField>;

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

const limitTexts: Record<keyof typeof limits.form, string> = {
  textBytes: texts.tooLarge('The text of the form', limits.form.textBytes),
  parameters: texts.tooManyParameters(limits.form.parameters),
  nameBytes: texts.tooLarge('The name of a parameter', limits.form.nameBytes),
  partHeaderBytes: texts.tooLarge('The header of a part', limits.form.partHeaderBytes),
  bodyBytes: texts.tooLarge('The body', limits.form.bodyBytes),
};

/** The error for a form over one of its limits. */
export const overLimit = (limit: keyof typeof limits.form) => new FormError('payload_too_large', limitTexts[limit]);

/** The error for something ill-typed: a parameter, the `charset`, the `body` itself. */
export const invalidType = (parameter: string) => new FormError('invalid_param_type', texts.invalidType(parameter));
