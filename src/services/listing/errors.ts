/** What was asked of a list cannot be answered: a cursor that does not fit, or a bad page size. The message is for the client. */
export class ListRequestError extends Error {
  override readonly name = 'ListRequestError';
}
