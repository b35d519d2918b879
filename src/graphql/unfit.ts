/** Says that graphql-js has to execute, and to tell what is wrong. */
export const unfit = new Error('This is not for a compiled operation.');
