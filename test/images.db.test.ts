import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestGateway, graphqlRequest, openTestGateway } from './support/gateway.ts';
import { makePicture, pictureFormats, toFile } from './support/pictures.ts';
import { type Listening, headerValues, listen, sendRaw, toRequest } from './support/raw-http.ts';
import { categoryMutation, customerMutation, readTables, upsertCategory, upsertCustomer } from './support/upserts.ts';

const maxBytes = 2_097_152;

let gateway: TestGateway;
let count = 0;

const fresh = () => `c-${(count += 1)}`;

/** What one upload came to, told alike for both doors. */
type Sent = {
  readonly outcome?: string;
  readonly error?: string;
  readonly message?: string;
  readonly address?: string | null;
};

type Door = {
  readonly name: string;
  readonly folder: string;
  readonly send: (to: TestGateway, reference: string, file: File, fields?: Record<string, string>) => Promise<Sent>;
};

type FormPost = 'postCustomer' | 'postCategory';

function formDoor(name: string, folder: string, post: FormPost, file: string, answer: string, extra: object): Door {
  return {
    name,
    folder,
    send: async (to, reference, image, fields = {}) => {
      const { status, body, headers } = await to[post](reference, { name: 'x', ...extra, ...fields, [file]: image });
      const { error, error_description: message } = body;
      if (status !== 201) return { error: String(error), message: String(message) };
      return { outcome: headers.get('x-upsert-outcome') ?? '', address: body[answer] as string | null };
    },
  };
}

type Upsert = typeof upsertCustomer;

function graphqlDoor(name: string, folder: string, upsert: Upsert, answer: string, extra: object): Door {
  return {
    name,
    folder,
    send: async (to, reference, image, fields = {}) => {
      const { outcome, errors, record } = await upsert(to, { reference, name: 'x', ...extra, ...fields }, image);
      const [error] = errors ?? [];
      if (error) return { error: error.code.toLowerCase(), message: error.message };
      const stored = record?.[answer] as { original: string } | null;
      return { outcome: outcome?.toLowerCase() ?? '', address: stored?.original ?? null };
    },
  };
}

const doors: readonly Door[] = [
  formDoor('the form of a customer', 'photoCustomer', 'postCustomer', 'imageFile', 'logo', {}),
  formDoor('the form of a category', 'photoCustomerCategory', 'postCategory', 'image', 'image', { parentId: 'root' }),
  graphqlDoor('upsertCustomer', 'photoCustomer', upsertCustomer, 'logo', {}),
  graphqlDoor('upsertCustomerCategory', 'photoCustomerCategory', upsertCategory, 'image', {
    parent: { reference: 'root' },
  }),
];

const prefixed = (address: string, prefix: string) => address.replace(/[^/]+$/, (file) => prefix + file);

async function download(address: string, to = gateway): Promise<{ bytes: Buffer; headers: Headers; status: number }> {
  const response = await to.fetch(address);
  return { bytes: Buffer.from(await response.arrayBuffer()), headers: response.headers, status: response.status };
}

const sizeOf = async (bytes: Buffer) => {
  const { width, height, format } = await sharp(bytes).metadata();
  return { width, height, format };
};

/** Made once, since that takes half a second. */
const hugePicture = makePicture({ format: 'png', width: 10_000, height: 3_000 });

const keyOf = (address: string) => new URL(address).pathname.slice(1);

beforeAll(async () => {
  gateway = await openTestGateway();
});

afterAll(() => gateway[Symbol.asyncDispose]());

describe.each(doors)('an image sent to $name', ({ folder, send }) => {
  const upload = async (bytes: Uint8Array, name = 'ring.png', reference = fresh()) =>
    send(gateway, reference, toFile(bytes, name));
  const accept = async (bytes: Uint8Array, name?: string, reference?: string): Promise<string> => {
    const { outcome, address } = await upload(bytes, name, reference);
    expect(outcome).toMatch(/^(created|updated)$/);
    if (!address) throw new Error('No address came back.');
    return address;
  };

  it.each(pictureFormats)('rulings 37, 38, 40: is served in three sizes (%s)', async (format) => {
    const stored = format === 'bmp' ? 'png' : format;
    const address = await accept(await makePicture({ format, width: 1000, height: 500 }), `photo.${format}`);
    const sizes = [
      ['', 1000, 500],
      ['medium_', 480, 240],
      ['small_', 120, 60],
    ] as const;
    for (const [prefix, width, height] of sizes) {
      const { status, headers, bytes } = await download(prefixed(address, prefix));
      expect(status).toBe(200);
      expect(headers.get('content-type')).toBe(`image/${stored}`);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
      expect(headers.get('content-length')).toBe(String(bytes.length));
      expect(await sizeOf(bytes)).toEqual({ width, height, format: stored });
    }
  });

  it('is never enlarged', async () => {
    const address = await accept(await makePicture({ width: 100, height: 3 }));
    for (const prefix of ['', 'medium_', 'small_']) {
      expect(await sizeOf((await download(prefixed(address, prefix))).bytes)).toMatchObject({ width: 100, height: 3 });
    }
  });

  it.each([
    ['ring.png', 'ring.png'],
    ['Éte à Nice.PNG', 'Ete_a_Nice.PNG'],
    ['C:\\photos\\ring.png', 'ring.png'],
    ['../../../etc/passwd', 'passwd.png'],
    ['.htaccess', 'htaccess.png'],
    ['.png', 'image.png'],
    ['ring.php', 'ring.png'],
    ['ring.jpg', 'ring.png'],
    [`${'x'.repeat(300)}.png`, `${'x'.repeat(96)}.png`],
    ['日本.png', '__.png'],
    ["<script>'&.png", '_script___.png'],
  ])('ruling 39: is named after the file %j, cleaned', async (name, cleaned) => {
    const address = await accept(await makePicture(), name);
    expect(address).toMatch(new RegExp(`^http://gateway\\.test/entity1-\\d{13}/${folder}/\\d{13}_[^/]+$`));
    expect(address.slice(address.lastIndexOf('/') + 1).replace(/^\d{13}_/, '')).toBe(cleaned);
    expect((await download(address)).status).toBe(200);
  });

  it('ruling 18: changes nothing when it is sent again', async () => {
    const [reference, bytes] = [fresh(), await makePicture({ format: 'jpeg' })];
    const address = await accept(bytes, 'a.jpg', reference);
    const [tables, files] = [await readTables(gateway), await gateway.imageFiles()];
    expect(await upload(bytes, 'another name.jpg', reference)).toEqual({ outcome: 'unchanged', address });
    expect(await readTables(gateway)).toBe(tables);
    expect(await gateway.imageFiles()).toEqual(files);
  });

  it('replaces the one before, whose files go', async () => {
    const reference = fresh();
    const first = await accept(await makePicture(), 'a.png', reference);
    const files = (await gateway.imageFiles()).length;
    const second = await accept(await makePicture(), 'a.png', reference);
    expect(second).not.toBe(first);
    expect((await gateway.imageFiles()).length).toBe(files);
    for (const prefix of ['', 'medium_', 'small_']) {
      expect((await download(prefixed(first, prefix))).status).toBe(404);
      expect((await download(prefixed(second, prefix))).status).toBe(200);
    }
  });

  it.each(pictureFormats)('ruling 38: may have 2 097 152 bytes and not one more (%s)', async (format) => {
    await accept(await makePicture({ format, bytes: maxBytes }));
    const before = [await readTables(gateway), await gateway.imageFiles()];
    const refused = { error: 'exceeded_file_size', message: 'image size should not exceed 2Mo' };
    for (const bytes of [maxBytes + 1, maxBytes + 2, 3_000_000]) {
      expect(await upload(await makePicture({ format, bytes }))).toEqual(refused);
    }
    expect([await readTables(gateway), await gateway.imageFiles()]).toEqual(before);
  });

  it('ruling 38: is told by its first bytes, not by its name or type', async () => {
    const png = toFile(await makePicture({ format: 'png' }), 'a.jpg', 'image/jpeg');
    const { outcome, address } = await send(gateway, fresh(), png);
    expect({ outcome, name: address?.replace(/^.*_/, '') }).toEqual({ outcome: 'created', name: 'a.png' });
    const gif = toFile(await makePicture({ format: 'gif' }), 'blob', 'text/plain');
    expect((await send(gateway, fresh(), gif)).address).toMatch(/\/\d{13}_blob\.gif$/);
  });

  const background = { width: 20, height: 20, channels: 3, background: 'red' } as const;
  const half = (bytes: Buffer) => bytes.subarray(0, bytes.length / 2);
  const strangers: readonly (readonly [string, () => Buffer | Promise<Buffer>])[] = [
    ['text', () => Buffer.from('hello')],
    ['nothing at all', () => Buffer.alloc(0)],
    ['SVG', () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')],
    ['WebP', () => sharp({ create: background }).webp().toBuffer()],
    ['TIFF', () => sharp({ create: background }).tiff().toBuffer()],
    ['a picture behind a byte of something else', async () => Buffer.concat([Buffer.of(0), await makePicture()])],
    ['only the signature of PNG', () => Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')],
    ['only the signature of JPEG', () => Buffer.from('\xff\xd8\xff', 'latin1')],
    ['only the signature of GIF', () => Buffer.from('GIF89a')],
    ['only the signature of BMP', () => Buffer.from('BM')],
    ['half a PNG', async () => half(await makePicture({ format: 'png', width: 300, height: 300 }))],
    ['half a BMP', async () => half(await makePicture({ format: 'bmp' }))],
    ['more pixels than are decoded', () => hugePicture],
  ];

  it.each(strangers)('ruling 38: is refused where it is %s', async (_, make) => {
    const before = [await readTables(gateway), await gateway.imageFiles()];
    expect(await upload(await make(), 'ring.png')).toEqual({
      error: 'unsupported_file_type',
      message: 'image format not supported.',
    });
    expect([await readTables(gateway), await gateway.imageFiles()]).toEqual(before);
  });

  it('ruling 40: is turned upright, and loses its metadata and whatever was behind it', async () => {
    const base = await makePicture({ format: 'jpeg', width: 200, height: 100 });
    const photo = sharp(base)
      .withMetadata({ orientation: 6 })
      .withExif({ IFD0: { Copyright: 'secret' } });
    const address = await accept(Buffer.concat([await photo.jpeg().toBuffer(), Buffer.from('<?php secret')]), 'a.jpg');
    for (const prefix of ['', 'medium_', 'small_']) {
      const { bytes } = await download(prefixed(address, prefix));
      const { width, height, exif, orientation } = await sharp(bytes).metadata();
      expect(height).toBe(width * 2);
      expect({ exif, orientation }).toEqual({ exif: undefined, orientation: undefined });
      expect(bytes.includes('secret')).toBe(false);
    }
  });

  it('ruling 41: leaves no file where something else is wrong', async () => {
    const before = [await readTables(gateway), await gateway.imageFiles()];
    const isCustomer = folder === 'photoCustomer';
    const wrong = isCustomer ? { currency: 'JPY' } : { name: 'x'.repeat(256) };
    const error = isCustomer ? 'not_found' : 'invalid_param_type';
    const image = toFile(await makePicture());
    expect(await send(gateway, fresh(), image, wrong)).toMatchObject({ error });
    expect(await send(gateway, fresh(), image, { name: '' })).toMatchObject({ error: 'missing_param' });
    expect([await readTables(gateway), await gateway.imageFiles()]).toEqual(before);
  });
});

describe('both doors', () => {
  it('take one and the same file for the same image', async () => {
    const [reference, bytes] = [fresh(), toFile(await makePicture(), 'a.png')];
    const sent = await upsertCustomer(gateway, { reference, name: 'x' }, bytes);
    expect(sent).toMatchObject({ outcome: 'CREATED', record: { logo: { width: 40, height: 30 } } });
    const again = await gateway.postCustomer(reference, { name: 'x', imageFile: bytes });
    expect(again.headers.get('x-upsert-outcome')).toBe('unchanged');
  });

  it('ruling 17: keep the image when none is sent; null in GraphQL clears it, and its files go', async () => {
    const reference = fresh();
    const files = await gateway.imageFiles();
    const created = await upsertCustomer(gateway, { reference, name: 'x' }, toFile(await makePicture()));
    expect(created.changedFields).toContain('logo');
    expect(await upsertCustomer(gateway, { reference })).toMatchObject({ outcome: 'UNCHANGED' });
    const form = await gateway.postCustomer(reference, { name: 'x', imageFile: '' });
    expect(form.headers.get('x-upsert-outcome')).toBe('unchanged');
    expect(form.body['logo']).toMatch(/^http/);
    const empty = await gateway.postCustomer(reference, { name: 'x', imageFile: new File([], '') });
    expect(empty.headers.get('x-upsert-outcome')).toBe('unchanged');
    expect(await upsertCustomer(gateway, { reference, logo: null })).toMatchObject({
      outcome: 'UPDATED',
      changedFields: ['logo'],
      record: { logo: null },
    });
    expect(await gateway.imageFiles()).toEqual(files);
  });

  it('ruling 38: a text in the file field is no image', async () => {
    for (const answer of [
      await gateway.postCustomer(fresh(), { name: 'x', imageFile: 'ring.png' }),
      await gateway.postCategory(fresh(), { name: 'x', parentId: 'root', image: 'ring.png' }),
    ]) {
      expect(answer).toMatchObject({ status: 400, body: { error: 'unsupported_file_type' } });
    }
  });

  it('ruling 5: GraphQL reports a bad image together with everything else', async () => {
    const input = { reference: fresh(), latitude: 91, currency: 'JPY' };
    const answer = await upsertCustomer(gateway, input, toFile(Buffer.from('text')));
    expect(answer.errors?.map(({ code, path }) => [code, ...path])).toEqual([
      ['MISSING_PARAM', 'name'],
      ['INVALID_PARAM_TYPE', 'latitude'],
      ['UNSUPPORTED_FILE_TYPE', 'logo'],
      ['NOT_FOUND', 'currency'],
    ]);
  });

  it('ruling 38: a refused image leaves the one before in place', async () => {
    const reference = fresh();
    const image = toFile(await makePicture());
    const { body } = await gateway.postCustomer(reference, { name: 'x', imageFile: image });
    const refused = await gateway.postCustomer(reference, { name: 'y', imageFile: toFile(Buffer.from('text')) });
    expect(refused.status).toBe(400);
    expect((await download(String(body['logo']))).status).toBe(200);
    expect((await upsertCustomer(gateway, { reference })).record).toMatchObject({
      name: 'x',
      logo: { original: body['logo'] },
    });
  });
});

describe('several files of one request', () => {
  const mutation = `mutation ($a: UpsertCustomerInput!, $b: UpsertCustomerInput!) {
    a: upsertCustomer(input: $a) { ... on UpsertCustomerSuccess { customer { logo { original } } } }
    b: upsertCustomer(input: $b) { ... on UpsertCustomerSuccess { customer { logo { original } } } }
  }`;

  it('go to where the map has placed them', async () => {
    const variables = { a: { reference: fresh(), name: 'a' }, b: { reference: fresh(), name: 'b' } };
    const files = {
      'variables.a.logo': toFile(await makePicture(), 'a.png'),
      'variables.b.logo': toFile(await makePicture(), 'b.png'),
    };
    const { data } = await gateway.graphql(mutation, variables, files);
    expect(data).toMatchObject({
      a: { customer: { logo: { original: expect.stringMatching(/_a\.png$/) as string } } },
      b: { customer: { logo: { original: expect.stringMatching(/_b\.png$/) as string } } },
    });
  });

  it('may be one file in two places, at two addresses', async () => {
    const form = new FormData();
    const variables = { a: { reference: fresh(), name: 'a' }, b: { reference: fresh(), name: 'b' } };
    form.append('operations', JSON.stringify({ query: mutation, variables }));
    form.append('map', JSON.stringify({ 0: ['variables.a.logo', 'variables.b.logo'] }));
    form.append('0', toFile(await makePicture(), 'same.png'));
    const headers = { 'x-graphql-yoga-csrf': '1' };
    const response = await gateway.fetch('/graphql', { method: 'POST', headers, body: form });
    const { data } = (await response.json()) as { data: Record<string, { customer: { logo: { original: string } } }> };
    const addresses = Object.values(data).map(({ customer }) => customer.logo.original);
    expect(new Set(addresses).size).toBe(2);
    for (const address of addresses) expect((await download(address)).status).toBe(200);
  });

  it('may be no more than ten', async () => {
    const form = new FormData();
    const before = await readTables(gateway);
    const input = { reference: fresh(), name: 'x' };
    form.append('operations', JSON.stringify({ query: customerMutation, variables: { input } }));
    const map = Object.fromEntries(Array.from({ length: 11 }, (_, n) => [String(n), ['variables.input.logo']]));
    form.append('map', JSON.stringify(map));
    const picture = await makePicture();
    for (const name of Object.keys(map)) form.append(name, toFile(picture));
    const headers = { 'x-graphql-yoga-csrf': '1' };
    const response = await gateway.fetch('/graphql', { method: 'POST', headers, body: form });
    expect(response.status).toBe(413);
    expect(await readTables(gateway)).toBe(before);
  });
});

describe('malformed GraphQL multipart requests', () => {
  const operations = JSON.stringify({
    query: customerMutation,
    variables: { input: { reference: 'never', name: 'x' } },
  });
  const map = JSON.stringify({ 0: ['variables.input.logo'] });

  it.each<[string, readonly (readonly [string, string])[]]>([
    ['nothing in it', []],
    [
      'no operations',
      [
        ['map', map],
        ['0', 'file'],
      ],
    ],
    [
      'no map',
      [
        ['operations', operations],
        ['0', 'file'],
      ],
    ],
    [
      'the map first',
      [
        ['map', map],
        ['operations', operations],
        ['0', 'file'],
      ],
    ],
    [
      'the file first',
      [
        ['0', 'file'],
        ['operations', operations],
        ['map', map],
      ],
    ],
    [
      'operations that are no JSON',
      [
        ['operations', '{'],
        ['map', map],
        ['0', 'file'],
      ],
    ],
    [
      'operations that are a number',
      [
        ['operations', '1'],
        ['map', map],
        ['0', 'file'],
      ],
    ],
    [
      'operations that are null',
      [
        ['operations', 'null'],
        ['map', map],
        ['0', 'file'],
      ],
    ],
    [
      'a map that is no JSON',
      [
        ['operations', operations],
        ['map', '{'],
        ['0', 'file'],
      ],
    ],
    [
      'a map that is a list',
      [
        ['operations', operations],
        ['map', '[]'],
        ['0', 'file'],
      ],
    ],
    [
      'a map of numbers',
      [
        ['operations', operations],
        ['map', '{"0":1}'],
        ['0', 'file'],
      ],
    ],
    [
      'a map of lists of numbers',
      [
        ['operations', operations],
        ['map', '{"0":[1]}'],
        ['0', 'file'],
      ],
    ],
    [
      'a place that is not there',
      [
        ['operations', operations],
        ['map', '{"0":["a.b.c"]}'],
        ['0', 'file'],
      ],
    ],
    [
      'a place in the prototype',
      [
        ['operations', operations],
        ['map', '{"0":["__proto__.x"]}'],
        ['0', 'file'],
      ],
    ],
    [
      'a place for the query',
      [
        ['operations', operations],
        ['map', '{"0":["query"]}'],
        ['0', 'file'],
      ],
    ],
    [
      'a file that is not sent',
      [
        ['operations', operations],
        ['map', map],
      ],
    ],
    [
      'a text for the file',
      [
        ['operations', operations],
        ['map', map],
        ['0', 'text'],
      ],
    ],
  ])('are refused with 400: %s', async (_, parts) => {
    const before = [await readTables(gateway), await gateway.imageFiles()];
    const form = new FormData();
    const image = toFile(await makePicture());
    for (const [name, value] of parts) {
      if (value === 'file') form.append(name, image);
      else form.append(name, value);
    }
    const headers = { 'x-graphql-yoga-csrf': '1' };
    const response = await gateway.fetch('/graphql', { method: 'POST', headers, body: form });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ errors: expect.any(Array) as unknown[] });
    expect([await readTables(gateway), await gateway.imageFiles()]).toEqual(before);
    expect(Reflect.has(Object.prototype, 'x')).toBe(false);
  });
});

describe('a stored image', () => {
  let address: string;
  let http: Listening;

  beforeAll(async () => {
    const { body } = await gateway.postCustomer(fresh(), { name: 'x', imageFile: toFile(await makePicture()) });
    address = String(body['logo']);
    http = await listen(gateway);
  });

  afterAll(() => http[Symbol.asyncDispose]());

  it('answers HEAD with the headers of GET and no body', async () => {
    const [get, head] = [await gateway.fetch(address), await gateway.fetch(address, { method: 'HEAD' })];
    expect(head.status).toBe(200);
    const ofConnections = new Set(['connection', 'date', 'keep-alive', 'x-request-id']);
    const ofImage = ({ headers }: Response) => [...headers].filter(([name]) => !ofConnections.has(name));
    expect(ofImage(head)).toEqual(ofImage(get));
    expect(await head.text()).toBe('');
    await get.arrayBuffer();
  });

  it('answers 304 to who has it already', async () => {
    const { headers } = await download(address);
    const etag = headers.get('etag') ?? '';
    expect(etag).toMatch(/^"[\w-]+"$/);
    for (const known of [etag, `W/${etag}`, '*', `"other", ${etag}`]) {
      for (const method of ['GET', 'HEAD']) {
        const response = await gateway.fetch(address, { method, headers: { 'if-none-match': known } });
        expect(response.status).toBe(304);
        expect(response.headers.get('etag')).toBe(etag);
        expect(await response.text()).toBe('');
      }
    }
    expect((await gateway.fetch(address, { headers: { 'if-none-match': '"other"' } })).status).toBe(200);
    expect((await download(prefixed(address, 'small_'))).headers.get('etag')).not.toBe(etag);
  });

  it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])('answers %s with 405', async (method) => {
    const response = await gateway.fetch(address, { method });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('GET, HEAD');
    expect((await download(address)).status).toBe(200);
  });

  it('is served over HTTP with each header once', async () => {
    for (const method of ['GET', 'HEAD']) {
      const answer = await sendRaw(http.port, toRequest(`${method} /${keyOf(address)}`, {}));
      if (!answer) throw new Error('No answer.');
      expect([answer.status, answer.reason]).toEqual([200, 'OK']);
      expect(headerValues(answer, 'cache-control')).toEqual(['public, max-age=31536000, immutable']);
      for (const name of ['content-type', 'content-length', 'etag', 'x-content-type-options']) {
        expect(headerValues(answer, name)).toHaveLength(1);
      }
      expect(headerValues(answer, 'content-length')).toEqual([String((await download(address)).bytes.length)]);
      if (method === 'HEAD') expect(answer.body).toHaveLength(0);
    }
  });

  it('is found only at its own address', async () => {
    const key = keyOf(address);
    const [folder = '', kind = '', file = ''] = key.split('/');
    const paths = [
      `/${folder}/${kind}/../${kind}/${file}x`,
      `/${folder}/../../../etc/passwd`,
      `/${folder}/${kind}/..%2f${kind}%2f${file}`,
      `/${folder}/${kind}/%2e%2e/${kind}/${file}%00.png`,
      `/${folder}/${kind}%2f${file}`,
      `/${folder}%2f${kind}/${file}`,
      `/${folder}/${kind}/..%5c${file}`,
      `/${folder}/${kind}/..\\${file}`,
      `/${folder}\\${kind}\\${file}`,
      `/..%2f..%2f..%2fetc/photoCustomer/passwd.png`,
      `/%2e%2e/photoCustomer/x.png`,
      `/.incoming/photoCustomer/x.png`,
      `/${folder}/${kind}/${file}%00`,
      `/${folder}/${kind}/%00.png`,
      `/${folder}/${kind}/${file}.svg`,
      `/${folder}/${kind}/${file}/`,
      `/${folder}/${kind}/${file.replace('.png', '.html')}`,
      `/${folder}/${kind}/${file.replace('.png', '')}`,
      `/${folder}/${kind}/large_${file}`,
      `/${folder}/${kind}/.png`,
      `/${folder}/${kind}/${'x'.repeat(2_000)}.png`,
      `/${folder}/photoCustomerCategory/${file}`,
      `/${folder.toUpperCase()}/${kind}/${file}`,
      `/other-1/${kind}/${file}`,
      `//${key}`,
      `/${folder}/${kind}/`,
      `/${folder}/${kind}`,
      `/${folder}`,
    ];
    for (const path of paths) {
      const answer = await sendRaw(http.port, toRequest(`GET ${path}`, {}));
      expect([path, answer?.status]).toEqual([path, 404]);
      expect(answer?.body.includes('root:')).toBe(false);
    }
    expect((await sendRaw(http.port, toRequest(`GET /${key}`, {})))?.status).toBe(200);
    expect((await sendRaw(http.port, toRequest(`GET /${key}?size=1`, {})))?.status).toBe(200);
  });
});

describe('images in the same millisecond', () => {
  it('ruling 39: get addresses of their own though their names are the same', async () => {
    await using still = await openTestGateway({ now: () => new Date(1_700_000_000_000) });
    const references = Array.from({ length: 8 }, fresh);
    const pictures = await Promise.all(references.map(() => makePicture()));
    const both = doors.filter(({ folder }) => folder === 'photoCustomer');
    const sent = await Promise.all(
      pictures.map(async (picture, index) => {
        const door = both[index % both.length];
        return door?.send(still, references[index] ?? '', toFile(picture, 'ring.png'));
      }),
    );
    const addresses = sent.map((each) => each?.address ?? '');
    expect(new Set(addresses).size).toBe(8);
    expect(addresses).toContain('http://gateway.test/entity1-1700000000000/photoCustomer/1700000000000_ring.png');
    expect(await still.imageFiles()).toHaveLength(24);
    for (const [index, address] of addresses.entries()) {
      const [stored, original] = [(await download(address, still)).bytes, pictures[index] ?? Buffer.alloc(0)];
      expect(await sharp(stored).raw().toBuffer()).toEqual(await sharp(original).removeAlpha().raw().toBuffer());
    }
  });
});

describe('a store that fails', () => {
  const broken = () => Promise.reject(new Error('The disk is full: /secret/path'));

  /** Sends one picture to both doors of a gateway, and answers what the clients saw. */
  async function sendTo(failing: TestGateway, reference: string) {
    const image = toFile(await makePicture());
    const form = await failing.postCustomer(reference, { name: 'x', imageFile: image });
    const graph = await failing.graphql(
      categoryMutation,
      { input: { reference, name: 'x', parent: { reference: 'root' }, image: null } },
      { 'variables.input.image': image },
    );
    return { form, graph };
  }

  it.each(['', 'medium_', 'small_'])(
    'rulings 8, 41: answers 500, writes no row and leaves no file (%s)',
    async (prefix) => {
      await using failing = await openTestGateway({
        wrapBlobs: (store) => ({
          ...store,
          create: (key, bytes) => (key.split('/').at(-1)?.startsWith(prefix) ? broken() : store.create(key, bytes)),
        }),
      });
      const before = await readTables(failing);
      const { form, graph } = await sendTo(failing, fresh());
      expect(form.status).toBe(500);
      expect(form.body).toEqual({ error: 'server_error', error_description: 'Oops! Something went wrong...' });
      expect(graph.errors).toMatchObject([{ message: 'Unexpected error.' }]);
      expect(graph.data ?? null).toBeNull();
      expect(JSON.stringify(graph)).not.toMatch(/secret/);
      expect(await readTables(failing)).toBe(before);
      expect(await failing.imageFiles()).toEqual([]);
    },
  );

  it('ruling 41: to delete an old file does not fail a call whose row is written', async () => {
    await using failing = await openTestGateway({ wrapBlobs: (store) => ({ ...store, delete: broken }) });
    const reference = fresh();
    await sendTo(failing, reference);
    const { form, graph } = await sendTo(failing, reference);
    expect(form.status).toBe(201);
    expect(form.headers.get('x-upsert-outcome')).toBe('updated');
    expect(graph).toMatchObject({ status: 200, data: { result: { outcome: 'UPDATED' } } });
  });
});

describe('more images at once than are rendered', () => {
  it('are answered 503 with Retry-After at both doors, and nothing of them is left', async () => {
    // As if all places were taken, which no picture takes one long enough for on every machine.
    await using busy = await openTestGateway({ images: { maxConcurrent: 0, maxQueued: 0 } });
    const picture = toFile(await makePicture());
    const form = (reference: string) => {
      const body = new FormData();
      body.append('name', 'x');
      body.append('imageFile', picture);
      return busy.fetch(`/api/v1/customers/reference/${reference}`, { method: 'POST', body });
    };
    const graph = (reference: string) => {
      const variables = { input: { reference, name: 'x', logo: null } };
      return busy.fetch('/graphql', graphqlRequest(customerMutation, variables, { 'variables.input.logo': picture }));
    };
    for (const [door, post] of Object.entries({ form, graph })) {
      const response = await post(fresh());
      expect([door, response.status]).toEqual([door, 503]);
      expect(response.headers.get('retry-after')).toMatch(/^\d+$/);
      const body = (await response.json()) as object;
      if (door === 'form')
        expect(body).toEqual({ error: 'service_unavailable', error_description: 'Too many images at once.' });
      else expect(body).toMatchObject({ errors: [{ extensions: { code: 'SERVICE_UNAVAILABLE' } }] });
    }
    expect(await busy.database.db.selectFrom('customers').select('logo').execute()).toEqual([]);
    expect(await busy.imageFiles()).toEqual([]);
  });
});
