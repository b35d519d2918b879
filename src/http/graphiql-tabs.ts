/** A tab of GraphiQL; the operation's name is its title. Variables are JSON. */
export type GraphiQLTab = { readonly query: string; readonly variables?: string };

const create = `# Creates this customer if it is not there, updates
# it if it is. "outcome" tells which: CREATED the
# first time, UNCHANGED when you run it again at once.
# The book at the top left documents everything.

mutation Create {
  upsertCustomer(
    input: {
      reference: "NC-3"
      name: "Marie's Jewelry"
      customerCategory: { reference: "jewelry" }
      customerSegmentation: { reference: "seg_a" }
      billingCountry: "France"
      billingCity: "Nice"
      website: "https://marie.example"
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
        version
        customerCategory { name }
        billingCountry
        paymentTypes { name }
      }
    }
    ... on UpsertFailure {
      errors { code message path }
    }
  }
}
`;

const update = `# Only what is sent changes: a field left out keeps
# what is stored. "changes" has both values.
# UPDATED; UNCHANGED when you run it again at once.

mutation Update {
  upsertCustomer(
    input: {
      reference: "NC-3"
      billingCity: "Lyon"
      creditLimit: 5000
    }
  ) {
    ... on UpsertCustomerSuccess {
      outcome
      changes { field before after }
      customer { name billingCity version }
    }
    ... on UpsertFailure {
      errors { code message path }
    }
  }
}
`;

const clear = `# null clears a field: a text, a number, a relation,
# a picture. An empty list clears the payment types.

mutation Clear {
  upsertCustomer(
    input: {
      reference: "NC-3"
      website: null
      creditLimit: null
      customerSegmentation: null
      paymentTypes: []
    }
  ) {
    ... on UpsertCustomerSuccess {
      outcome
      changedFields
      customer {
        website
        creditLimit
        customerSegmentation { name }
        paymentTypes { name }
      }
    }
    ... on UpsertFailure {
      errors { code message path }
    }
  }
}
`;

const uploadMutation =
  'mutation ($input: UpsertCustomerInput!) { upsertCustomer(input: $input) { ' +
  '... on UpsertCustomerSuccess { outcome customer { logo { original } } } ' +
  '... on UpsertFailure { errors { code message path } } } }';

const uploadCommand = (publicUrl: string) =>
  `curl '${publicUrl}/graphql' -H 'x-graphql-yoga-csrf: 1' ` +
  `-F operations='{"query":"${uploadMutation}","variables":{"input":{"reference":"NC-3","logo":null}}}' ` +
  `-F map='{"0":["variables.input.logo"]}' -F 0=@logo.png`;

const logo = (publicUrl: string) => `# The logo of the customer named in the variables
# below; null while it has none.
#
# GraphiQL cannot send files. To upload a JPEG, PNG,
# GIF or BMP of at most 2 097 152 bytes, paste this
# line without its # into a shell where there is a
# logo.png, and run the tab again.
#
# ${uploadCommand(publicUrl)}

query Logo($reference: String!) {
  customer(by: { reference: $reference }) {
    name
    logo {
      original
      medium
      small
      width
      height
    }
  }
}
`;

const dryRun = `# validateOnly does everything and keeps nothing:
# the answer is what would happen. It is CREATED
# however often you run it; the id is an example.

mutation DryRun {
  upsertCustomer(
    validateOnly: true
    input: {
      reference: "dry-run"
      name: "Not kept"
      billingCountry: "FR"
    }
  ) {
    ... on UpsertCustomerSuccess {
      outcome
      changes { field before after }
      customer {
        id
        name
        customerCategory { name }
        currency
      }
    }
    ... on UpsertFailure {
      errors { code message path }
    }
  }
}
`;

const createOnly = `# CREATE_ONLY: a record that is there is a CONFLICT
# and stays as it is. UPDATE_ONLY is the other way.

mutation CreateOnly {
  upsertCustomer(
    mode: CREATE_ONLY
    input: { reference: "NC-3", name: "Another Marie" }
  ) {
    ... on UpsertCustomerSuccess {
      outcome
    }
    ... on UpsertFailure {
      errors { code message path currentVersion }
    }
  }
}
`;

const conflict = `# Two people edit a customer. Each says which version
# was read: it is another by now, so this is a CONFLICT
# and nothing is overwritten. With "currentVersion" in
# place of the 1 it is done.

mutation Conflict {
  upsertCustomer(
    ifVersion: 1
    input: { reference: "NC-3", comment: "Read long ago" }
  ) {
    ... on UpsertCustomerSuccess {
      outcome
    }
    ... on UpsertFailure {
      errors { code message path currentVersion }
    }
  }
}
`;

const failures = `# What is wrong is data, all of it at once, each error
# with its path into the input; nothing is kept. Files
# have two more codes, EXCEEDED_FILE_SIZE and
# UNSUPPORTED_FILE_TYPE; the last tab lists them all.

mutation Failures {
  values: upsertCustomer(
    input: {
      reference: "failures"
      name: null
      billingCountry: "Atlantis"
      billingLat: 91
      creditLimit: -1
      dueDateConfigType: DAYS_AFTER_INVOICE_DATE
      isSubCustomer: true
      parentCustomer: { reference: "nobody" }
      paymentTypes: [{ id: 7 }, { id: 999 }]
    }
  ) { ...Errors }

  ownParent: upsertCustomer(
    input: {
      reference: "NC-3"
      isSubCustomer: true
      parentCustomer: { reference: "NC-3" }
    }
  ) { ...Errors }

  takenReference: upsertCustomerCategory(
    input: { reference: "jewelry", newReference: "101" }
  ) { ...Errors }

  secondRoot: upsertCustomerCategory(
    input: { reference: "top", name: "Top", isRoot: true }
  ) { ...Errors }

  alreadyThere: upsertCustomer(
    mode: CREATE_ONLY
    input: { reference: "NC-3" }
  ) { ...Errors }
}

fragment Errors on UpsertFailure {
  errors { code message path }
}
`;

const bulk = `# Up to 1 000 records as one step, in any order: the
# first one's parent is created by the second. What is
# wrong with the third keeps the others from nothing;
# with onError: REJECT_ALL it keeps them from everything.
# CREATED; UNCHANGED when you run it again.

mutation Bulk {
  upsertCustomers(
    onError: SKIP_FAILED
    inputs: [
      {
        reference: "NC-3-Cannes"
        name: "Marie's Jewelry, Cannes"
        isSubCustomer: true
        parentCustomer: { reference: "NC-3-Group" }
      }
      { reference: "NC-3-Group", name: "Marie's Group" }
      { reference: "nameless" }
    ]
  ) {
    created
    updated
    unchanged
    failed
    results {
      ... on UpsertCustomerSuccess {
        outcome
        customer { reference parentCustomer { name } }
      }
      ... on UpsertFailure {
        errors { code message path }
      }
    }
  }
}
`;

const customer = `# A record is named by its reference or by its id;
# null where there is none.

query Customer {
  customer(by: { reference: "NC-3" }) {
    id
    name
    billingCity
    city
    customerCategory { name parent { name } }
    region { name parent { name parent { name } } }
    createdBy { name }
    version
    dateCreated
    lastUpdated
  }
  nobody: customer(by: { reference: "nobody" }) { id }
}
`;

const category = `# Categories are a tree with one root. Beside it: what
# else a customer can be given.

query Category {
  customerCategory(by: { reference: "jewelry" }) {
    name
    isRoot
    parent { reference name isRoot }
  }
  organization { name currency currencies }
  paymentTypes { id reference name }
  customerSegmentations { id reference name }
  users { id reference name }
}
`;

const paging = `# Lists are paged by cursor: for the next page send
# "endCursor" as "after". Customers are listed alike,
# with filters: filter: { name: "Marie*" }.

query Paging {
  customerCategories(first: 2, orderBy: [{ field: NAME }]) {
    totalCount
    nodes { reference name }
    pageInfo { endCursor hasNextPage }
  }
  customers(first: 2, filter: { reference: "NC-*" }) {
    nodes { reference name }
  }
}
`;

const catalogue = `# Everything that can go wrong: its code here and in
# REST, and its sentences word for word.

query Catalogue {
  errorCatalogue {
    code
    restCode
    restStatus
    texts
    when
    inResult
  }
}
`;

/**
 * The tabs GraphiQL opens with: a walk through the API on the example organization. Each does what its comment says when they
 * are run in this order, and once more. `publicUrl` is where the shell command for files sends them.
 */
export function createTabs(publicUrl: string): readonly GraphiQLTab[] {
  return [
    { query: create },
    { query: update },
    { query: clear },
    { query: logo(publicUrl), variables: JSON.stringify({ reference: 'NC-3' }, null, 2) },
    { query: dryRun },
    { query: createOnly },
    { query: conflict },
    { query: failures },
    { query: bulk },
    { query: customer },
    { query: category },
    { query: paging },
    { query: catalogue },
  ];
}
