import type { GraphiQLOptions } from 'graphql-yoga';

const welcome = `# Create this customer if it is not there, update it if it is: run it twice and look at "outcome".
# The documentation of every type is behind the book at the top left.

mutation Upsert {
  upsertCustomer(
    input: {
      reference: "NC-3"
      name: "Marie's Jewelry"
      customerCategory: { reference: "jewelry" }
      customerSegmentation: { reference: "seg_a" }
      billingCountry: "France"
      billingCity: "Nice"
      paymentTypes: [{ id: 7 }, { reference: "cheque" }]
      regionId: 3
    }
  ) {
    ... on UpsertCustomerSuccess {
      outcome
      changedFields
      customer {
        id
        reference
        name
        customerCategory { name }
        country
        paymentTypes { name }
      }
    }
    ... on UpsertFailure {
      errors { code message path }
    }
  }
}
`;

/** What GraphiQL shows; its requests carry the header that the CSRF guard asks uploads for. */
export const graphiql: GraphiQLOptions = {
  title: 'Customer gateway',
  defaultQuery: welcome,
  additionalHeaders: { 'x-graphql-yoga-csrf': '1' },
};
