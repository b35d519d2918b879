/** What one request to GraphQL may hold. Forms have limits of their own, in rest/form-model.ts. */
export const limits = Object.freeze({
  graphqlBodyBytes: 25_165_824,
  filesPerRequest: 10,
});
