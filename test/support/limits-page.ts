import { format, resolveConfig } from 'prettier';
import { limits } from '../../src/contract/limits.ts';

const file = 'docs/limits.md';

/** What is told of a limit: what it is a limit of, and what happens beyond it. */
type Told = readonly [what: string, beyond: string];

/** The same tree with something told of every number: a limit that is not told of does not compile. */
type Telling<Tree> = { readonly [Name in keyof Tree]: Tree[Name] extends number ? Told : Telling<Tree[Name]> };

type Section<Name extends keyof typeof limits> = {
  readonly title: string;
  readonly intro: string;
  readonly limits: Telling<(typeof limits)[Name]>;
};

const tooLarge = '413 `payload_too_large`';
const tooMany = '429 `too_many_requests`';
const wrongType = '400 `invalid_param_type`';
const badInput = '400 `BAD_USER_INPUT`';
const unsupported = '400 `unsupported_file_type`';
const unavailable = (sentence: string) => `503 \`service_unavailable\`, “${sentence}”`;
const ours = 'the work waits for its turn';

const sections: { readonly [Name in keyof typeof limits]: Section<Name> } = {
  connections: {
    title: 'Connections and requests',
    intro:
      'Of one process. What is refused before it is known what is asked, with 408 or 431, has no body, and the connection is closed.',
    limits: {
      atOnce: [
        'connections; `MAX_CONNECTIONS` sets another number',
        `${unavailable('Too many connections at once.')} to the first request, then closed`,
      ],
      refusedAtOnce: ['further connections that are told so', 'closed without a word'],
      requestsAtOnce: [
        'requests on one connection, sent without waiting for answers',
        unavailable('Too many calls at once.'),
      ],
      bodies: {
        organizationBytes: [
          'bodies of an organization that are being read or answered',
          unavailable('Too much is being sent at once.'),
        ],
        processBytes: ['bodies that are being read or answered', unavailable('Too much is being sent at once.')],
        smallBytes: [
          'bodies that count as small: they have the same room again for themselves, which no large one takes',
          '',
        ],
      },
      headerBytes: ['a request’s first line and headers', '431'],
      headers: ['headers of one request', '431'],
      headersMillis: ['until the headers are there', '408'],
      requestMillis: ['until the whole request is there', '408'],
      checkedEveryMillis: ['how much later a slow sender may be noticed', ''],
      unsentBytes: ['answers that clients have not taken yet', 'who leaves most is cut off'],
      answerMillis: ['in which a client takes nothing of its answer', 'closed'],
      idleMillis: ['an open connection without a request', 'closed'],
      stoppingMillis: ['what is under way on SIGTERM', 'cut off'],
    },
  },
  rate: {
    title: 'How often',
    intro: 'Of one caller, and of one address. `AUTH=off` counts nothing unless `RATE_LIMIT` is set.',
    limits: {
      calls: {
        count: ['calls of one caller at once; `RATE_LIMIT` sets another rate', tooMany],
        windowMillis: ['over which they come back, evenly', ''],
      },
      itemsPerCall: ['items of a bulk upsert that count as one call', ''],
      failedCredentials: {
        count: ['credentials of one address that turn out bad', tooMany],
        windowMillis: ['over which they come back, evenly', ''],
      },
      callers: ['callers that are counted', 'the first one begins anew'],
      addresses: ['addresses that are counted', 'the first one begins anew'],
    },
  },
  form: {
    title: 'Forms',
    intro: 'Of one request to the REST door.',
    limits: {
      textBytes: ['all names and values; an urlencoded body', tooLarge],
      parameters: ['parameters', tooLarge],
      nameBytes: ['the name of a parameter', tooLarge],
      partHeaderBytes: ['the headers of a part', tooLarge],
      bodyBytes: ['a multipart body', `${tooLarge}; \`exceeded_file_size\` where an image is to blame`],
    },
  },
  graphql: {
    title: 'GraphQL',
    intro: 'Of one request to `/graphql`.',
    limits: {
      operationBytes: ['a document with its variables', '413 `PAYLOAD_TOO_LARGE`'],
      uploadBytes: ['a multipart body', '413 `PAYLOAD_TOO_LARGE`'],
      files: ['files', '413 `BAD_REQUEST`'],
      document: {
        tokens: ['tokens of a document', badInput],
        operations: ['operations of a document', badInput],
        selections: ['fields and fragments that a document selects, as often as they are written', badInput],
        directives: ['directives of a document', badInput],
        depth: ['levels of selections, those of fragments included', badInput],
        rootFields: ['fields of an operation itself: reads, or upserts', badInput],
        bulkUpserts: ['bulk upserts of an operation', badInput],
        lists: ['lists that an operation reads', badInput],
        cost: ['what an answer could hold: fields and records, by the sizes of pages asked for', badInput],
      },
      answerCharacters: ['the JSON of an answer, escapes aside', badInput],
      bulkItems: ['items of a bulk upsert', badInput],
      recordsPerPage: {
        usual: ['records of a page, where nothing is said', ''],
        largest: ['records of a page', badInput],
      },
      changesPerPage: ['changes of a page', badInput],
      ancestors: ['categories above those that are asked for together', badInput],
      cursorCharacters: ['a cursor', badInput],
      wrongVariables: ['wrong variables that one answer tells of', 'the others are not told'],
      messageCharacters: ['the message of an error about what was sent', 'cut'],
    },
  },
  values: {
    title: 'Values',
    intro: 'At both doors, in characters as people count them. Rulings 3, 12 and 28 of the contract.',
    limits: {
      referenceCharacters: ['a reference', wrongType],
      textCharacters: ['any other text', wrongType],
      longTextCharacters: ['addresses, `website`, `onHoldReason`', wrongType],
      longestTextCharacters: ['`comment`, a category’s `description`', wrongType],
      paymentTypes: ['payment types of a customer', wrongType],
    },
  },
  images: {
    title: 'Images',
    intro: 'The size of the file is ruling 38 of the contract.',
    limits: {
      fileBytes: ['a file', '400 `exceeded_file_size`'],
      areaPixels: ['width × height', unsupported],
      sidePixels: ['a side', unsupported],
      jpegScans: ['scans of a progressive JPEG', unsupported],
      decoding: {
        atOnce: ['pictures that are decoded at a time', ours],
        waiting: ['pictures that wait for it', unavailable('Too many images at once.')],
      },
    },
  },
  upserts: {
    title: 'Upserts',
    intro:
      'Of one process. Calls are written together (`batch`); “calls” are those that wait and those under way. What is refused has changed nothing.',
    limits: {
      single: {
        batch: ['calls of an organization in one write', ours],
        writes: {
          organization: ['writes of an organization at a time', ours],
          process: ['writes at a time', ours],
        },
        calls: {
          organization: ['calls of an organization', unavailable('Too many calls at once.')],
          process: ['calls', unavailable('Too many calls at once.')],
        },
        images: {
          writes: ['writes of calls that go alone, with an image or held up by a lock', ours],
          calls: ['calls with an image', unavailable('Too many images at once.')],
        },
      },
      tried: {
        batch: ['calls with `validateOnly` in one transaction', ours],
        writes: {
          organization: ['of those of an organization at a time', ours],
          process: ['of those at a time', ours],
        },
      },
      bulk: {
        atOnce: ['bulk upserts at a time', ours],
        waiting: ['bulk upserts that wait', unavailable('Too many calls at once.')],
      },
      patienceMillis: {
        races: [
          'how long a call goes round again while others are first, or hold a lock',
          unavailable('Too many writers of the same records.'),
        ],
        outages: [
          'how long a call goes round again while the database is away',
          unavailable('The database cannot be reached.'),
        ],
      },
    },
  },
  subscriptions: {
    title: 'Subscriptions',
    intro: 'Of an organization in one process.',
    limits: {
      changesKept: ['changes that are kept for those who are slower', 'they read on from the database'],
      changesRead: ['changes that are read at a time', ours],
    },
  },
  database: {
    title: 'Database',
    intro:
      'On a PostgreSQL server. Limits of time hold for every transaction of a call, also through PgBouncer by transaction. Migrations have none; what is done outside of organizations, such as provisioning, may wait for locks. The embedded database has one session and no such limits.',
    limits: {
      connections: {
        usual: ['connections of a process', ours],
        fewest: ['connections of each of several workers, at least', ours],
      },
      connectMillis: ['until a connection is there', unavailable('The database cannot be reached.')],
      statementMillis: ['a statement', unavailable('The database did not answer in time.')],
      lockMillis: [
        'a wait for a lock',
        `an upsert goes round again; reading is ${unavailable('The database did not answer in time.')}`,
      ],
      answerMillis: [
        'until a server that has fallen silent is given up',
        unavailable('The database cannot be reached.'),
      ],
      idleInTransactionMillis: ['a transaction in which nothing happens', 'the server ends it'],
    },
  },
  store: {
    title: 'Image store',
    intro: 'Of a request to an S3-compatible store.',
    limits: {
      connectMillis: ['until a connection is there', 'tried again'],
      answerMillis: ['until it answers', 'tried again'],
      deadlineMillis: ['with all attempts', unavailable('The images cannot be reached or stored at the moment.')],
      attempts: ['attempts', unavailable('The images cannot be reached or stored at the moment.')],
    },
  },
  imports: {
    title: 'Imports',
    intro: 'Of `customer-gateway import`.',
    limits: {
      rowCharacters: ['a row', 'the import ends there and says the line'],
      patienceMillis: {
        races: ['how long a row goes round again while others are first', 'the import ends and can go on'],
        outages: ['how long it waits for a database that is away', 'the import ends and can go on'],
      },
    },
  },
};

/** Units by how the names end that lead to a number; what has none of them counts. */
const units = [
  [/Millis/, (value: number) => (value % 1_000 === 0 ? `${value / 1_000} s` : `${value} ms`)],
  [/Bytes/, (value: number) => `${group(value)} bytes`],
  [/Pixels/, (value: number) => `${group(value)} pixels`],
  [/Characters/, (value: number) => `${group(value)} characters`],
] as const;

function group(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ' ');
}

function renderValue(names: string, value: number): string {
  const unit = units.find(([pattern]) => pattern.test(names));
  return unit ? unit[1](value) : group(value);
}

type Tree = { readonly [name: string]: number | Tree };
type TellingTree = { readonly [name: string]: Told | TellingTree };

function isTold(telling: Told | TellingTree | undefined): telling is Told {
  return Array.isArray(telling);
}

function renderRows(names: string, tree: Tree, telling: TellingTree): string[] {
  return Object.entries(tree).flatMap(([name, value]) => {
    const told = telling[name];
    if (typeof value === 'number') {
      if (!isTold(told)) throw new Error(`Nothing is told of ${names}.${name}.`);
      const [what, beyond] = told;
      return [`| ${what} | ${renderValue(`${names}.${name}`, value)} | ${beyond} |`];
    }
    if (!told || isTold(told)) throw new Error(`Nothing is told of what is in ${names}.${name}.`);
    return renderRows(`${names}.${name}`, value, told);
  });
}

function renderSection(name: keyof typeof limits): string {
  const { title, intro, limits: telling } = sections[name];
  const rows = renderRows(name, limits[name], telling);
  return `## ${title}\n\n${intro}\n\n| of | at most | beyond it |\n|---|---|---|\n${rows.join('\n')}\n`;
}

/** The limits as the page `docs/limits.md`, formatted as the rest of the project. */
export async function renderLimitsPage(): Promise<string> {
  const names: readonly (keyof typeof limits)[] = [
    ...(['connections', 'rate', 'form', 'graphql', 'values', 'images', 'upserts'] as const),
    ...(['subscriptions', 'database', 'store', 'imports'] as const),
  ];
  const text = `# Limits

Rendered from [\`src/contract/limits.ts\`](../src/contract/limits.ts), where the reasons stand: \`npx vitest run --project unit
test/limits-page.test.ts -u\` writes it anew. The sentences are in [\`errors.md\`](errors.md). Every 503 carries \`Retry-After\`,
and it is safe to send the same call again. An item of a bulk upsert has these errors as its own.

${names.map(renderSection).join('\n')}`;
  return format(text, { ...(await resolveConfig(file)), filepath: file });
}
