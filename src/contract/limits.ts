/**
 * Every limit of the gateway, in one place: docs/limits.md is rendered from here. A name ends in its unit (`Bytes`, `Millis`,
 * `Characters`, `Pixels`); the others count. `atOnce` are under way at a time, `waiting` wait for their turn. Numbers that a
 * ruling fixes name it; settings change those that say so.
 */
export const limits = {
  /** Of connections, whatever is sent on them. */
  connections: {
    // Of a process, unless MAX_CONNECTIONS says otherwise: a balancer or proxy needs a few hundred.
    atOnce: 2_000,
    // Beyond those, so many are told that they are too many; the rest are closed without a word.
    refusedAtOnce: 100,
    // On one connection, sent without waiting for answers.
    requestsAtOnce: 100,
    // Bodies, by the length that they declare, from when they are read until they are answered. Those of up to `smallBytes`, as
    // ordinary calls are, count apart, to the same sums: no large one keeps them out.
    bodies: { organizationBytes: 67_108_864, processBytes: 134_217_728, smallBytes: 65_536 },
    // Of one request, its line included.
    headerBytes: 16_384,
    headers: 100,
    // A slow sender is cut off by these two, which are looked after every `checkedEveryMillis`.
    headersMillis: 10_000,
    requestMillis: 30_000,
    checkedEveryMillis: 1_000,
    // Of answers that are not taken yet: who leaves most of them is cut off. Looked after as slow senders are.
    unsentBytes: 67_108_864,
    // So long nothing may be taken of an answer.
    answerMillis: 30_000,
    // Longer than a balancer keeps a connection open, so that it never sends a request into a closing one.
    idleMillis: 65_000,
    // What is under way when a process is to stop: less than orchestrators wait before they kill.
    stoppingMillis: 10_000,
  },
  /** Of how often somebody may call, and bring credentials that turn out bad. */
  rate: {
    // Unless RATE_LIMIT says otherwise: above what one process does in a steady stream of single upserts, with a minute's worth
    // at once. Who reaches it has gone wild.
    calls: { count: 60_000, windowMillis: 60_000 },
    // So many items of a bulk upsert count as a call, about what they cost: whoever has much to send should send it so.
    itemsPerCall: 10,
    // Of one address: above what a deployment's clients bring together after a restart.
    failedCredentials: { count: 300, windowMillis: 300_000 },
    // That are counted. Whoever is forgotten for another begins anew.
    callers: 10_000,
    addresses: 10_000,
  },
  /** Of one form. Over them is `payload_too_large`. */
  form: {
    // Names and values together; of an urlencoded form the whole body, as it stands on the wire.
    textBytes: 1_048_576,
    parameters: 1_000,
    nameBytes: 255,
    partHeaderBytes: 16_384,
    // An image over its limit is read to its end, so that the client gets to see the contract's own answer.
    bodyBytes: 33_554_432,
  },
  /** Of one GraphQL request. */
  graphql: {
    // A document and its variables: a thousand records with all their fields need half of it.
    operationBytes: 4_194_304,
    // A multipart request: an operation and its files.
    uploadBytes: 25_165_824,
    files: 10,
    /** Of one document, and of what executing one of its operations may cost. */
    document: {
      // Names, values and marks. A bulk upsert of 1 000 customers with everything, written out without variables, has 150 000.
      tokens: 200_000,
      operations: 20,
      // Fields and fragments, as often as they are written.
      selections: 2_500,
      directives: 250,
      // Levels of braces around selections, those of fragments included.
      depth: 50,
      // Fields of Query, Mutation or Subscription. Each is a read, or a write in a transaction of its own.
      rootFields: 50,
      // The same thousand items could be sent once, as a variable, and named in any number of them.
      bulkUpserts: 10,
      // Lists that are read by a statement of their own, in one operation.
      lists: 50,
      // Fields and records that the answer could hold.
      cost: 200_000,
    },
    // Of the JSON of an answer, escapes aside: twice a page of 250 customers whose texts are all as long as may be. Also in the
    // longest of scripts less than clients together may leave untaken.
    answerCharacters: 16_777_216,
    bulkItems: 1_000,
    // Of a list: unless told, and at most.
    recordsPerPage: { usual: 50, largest: 250 },
    changesPerPage: 1_000,
    // Above the categories that are asked for together, each as often as it is answered: trees may be of any depth.
    ancestors: 10_000,
    // Longer than any that we give: nothing of such a size is decoded.
    cursorCharacters: 20_000,
    // Each error about a variable quotes what was sent, so one answer tells of no more, and cuts them.
    wrongVariables: 5,
    messageCharacters: 1_000,
  },
  /** Of one value. Over them is `invalid_param_type`. */
  values: {
    // Rulings 3 and 12.
    referenceCharacters: 255,
    textCharacters: 255,
    // Addresses, websites and reasons (ruling 12).
    longTextCharacters: 1_000,
    // Comments and descriptions (ruling 12).
    longestTextCharacters: 10_000,
    // Of one customer (ruling 28).
    paymentTypes: 250,
  },
  images: {
    // 2 Mo, inclusive (ruling 38).
    fileBytes: 2_097_152,
    // A small file can promise a huge picture.
    areaPixels: 25_000_000,
    // JPEG and GIF end there by themselves. A PNG of 1 × 25 000 000 keeps within the area and still costs half a minute.
    sidePixels: 65_535,
    // Encoders write about ten. Each one visits the whole picture: 86 kB with 882 scans took 10 s.
    jpegScans: 100,
    // A picture of the largest area takes half a second and 350 MB to decode.
    decoding: { atOnce: 2, waiting: 64 },
  },
  upserts: {
    // Single calls, written together; `organization` is for each of them, `process` for all. Of the calls, those under way count too.
    single: {
      batch: 64,
      writes: { organization: 2, process: 6 },
      calls: { organization: 2_000, process: 10_000 },
      // Those with an image are written one by one beside the others.
      images: { writes: 4, calls: 64 },
    },
    // Calls that are only tried see none of the others, so each goes by itself.
    tried: { batch: 1, writes: { organization: 1, process: 2 } },
    // Of both kinds together: each may hold megabytes and keep a connection busy.
    bulk: { atOnce: 2, waiting: 16 },
    // How long a call may go round again: while others are always first, and while the database is away.
    patienceMillis: { races: 20_000, outages: 5_000 },
  },
  subscriptions: {
    // As many changes as are kept for those who are a little slower than the quickest, and as one of them holds at most.
    changesKept: 1_000,
    changesRead: 100,
  },
  database: {
    // Of a process that has the server to itself, and of one of many: a long read must not hold up the writes of a process.
    connections: { usual: 10, fewest: 2 },
    // For opening a connection, or waiting for one of the pool's.
    connectMillis: 5_000,
    statementMillis: 30_000,
    // A wait of a call for what another transaction holds; the call goes round again. Longer than the server takes to find a
    // deadlock, and short enough for one of a thousand records to be found by halves while a call may go round.
    lockMillis: 1_500,
    // Reached only where the server's own word on a statement no longer gets here.
    answerMillis: 35_000,
    // Nothing but statements happens in a transaction: one that rests has lost us, and what it locked is waited for.
    idleInTransactionMillis: 5_000,
  },
  /** Of a request to the store of images, with all its attempts, before the store counts as away. */
  store: { connectMillis: 3_000, answerMillis: 5_000, deadlineMillis: 15_000, attempts: 8 },
  imports: {
    // As many as a form has bytes.
    rowCharacters: 1_048_576,
    // Longer than for a caller who waits: a server that starts anew does not end an import.
    patienceMillis: { races: 20_000, outages: 60_000 },
  },
} as const;
