import { createGraphQLError } from 'graphql-yoga';
import type { UploadedFile } from '../contract/images.ts';
import { builder } from './builder.ts';

/** A file that a door has taken in: the only value a variable of type Upload can hold. */
export class ReceivedFile implements UploadedFile {
  readonly filename: string;
  readonly bytes: Uint8Array;

  constructor({ filename, bytes }: UploadedFile) {
    this.filename = filename;
    this.bytes = bytes;
  }
}

builder.scalarType('Upload', {
  description:
    'A file, sent by the GraphQL multipart request specification ' +
    '(https://github.com/jaydenseric/graphql-multipart-request-spec) as the value of a variable.',
  specifiedByURL: 'https://github.com/jaydenseric/graphql-multipart-request-spec',
  serialize: () => {
    throw new Error('An Upload is only ever sent.');
  },
  parseValue: (value) => {
    if (value instanceof ReceivedFile) return value;
    throw createGraphQLError('Upload expects a file of a multipart request.', {
      extensions: { code: 'BAD_USER_INPUT' },
    });
  },
  parseLiteral: () => {
    throw createGraphQLError('Upload expects a variable.', { extensions: { code: 'BAD_USER_INPUT' } });
  },
});
