/** What one request to GraphQL may hold. Forms have limits of their own, in rest/form-model.ts. */
export const limits = Object.freeze({
  /** A document and its variables. */
  operationBytes: 4_194_304,
  /** A multipart request: an operation and its files. */
  uploadBytes: 25_165_824,
  filesPerRequest: 10,
});
