import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestGateway, openTestGateway } from './support/gateway.ts';
import { createReferences, expectDone, expectInvalid, expectMissing } from './support/rest.ts';

const freshReference = createReferences('form');
const urlencoded = 'application/x-www-form-urlencoded';
const boundary = 'a-boundary';
let gateway: TestGateway;

beforeAll(async () => {
  gateway = await openTestGateway();
});

afterAll(() => gateway[Symbol.asyncDispose]());

function send(body: string | Uint8Array<ArrayBuffer>, contentType = urlencoded, reference = freshReference()) {
  return gateway.rest(`/api/v1.0/customers/reference/${reference}`, {
    method: 'POST',
    headers: { 'content-type': contentType },
    body,
  });
}

/** One byte for each character. */
const latin1 = (text: string) => Uint8Array.from(Buffer.from(text, 'latin1'));

function multipart(parts: readonly (readonly [headers: string, value: string])[], contentType = '') {
  const body = parts.map(([headers, value]) => `--${boundary}\r\n${headers}\r\n\r\n${value}\r\n`).join('');
  return send(latin1(`${body}--${boundary}--\r\n`), `multipart/form-data; boundary=${boundary}${contentType}`);
}

const named = (name: string, more = '') => `Content-Disposition: form-data; name="${name}"${more}`;

describe('the charset of a form', () => {
  it.each([
    ['UTF-8', urlencoded, 'name=Andr%C3%A9', 'André'],
    ['windows-1252, where the bytes are no UTF-8', urlencoded, 'name=Andr%E9+%80+%93', 'André € “'],
    ['UTF-8 in one value and windows-1252 in another', urlencoded, 'barcode=%E9&name=Andr%C3%A9', 'André'],
    ['raw bytes', urlencoded, 'name=Andr\u00e9', 'André'],
    ['raw UTF-8', urlencoded, 'name=Andr\u00c3\u00a9', 'André'],
    ['declared UTF-8', `${urlencoded}; charset=UTF-8`, 'name=Andr%C3%A9', 'André'],
    ['declared ISO-8859-1', `${urlencoded}; charset=ISO-8859-1`, 'name=Andr%E9', 'André'],
    ['declared ISO-8859-1, also of bytes that are UTF-8', `${urlencoded}; charset=iso-8859-1`, 'name=%C3%A9', 'Ã©'],
    ['declared windows-1252', `${urlencoded}; charset="windows-1252"`, 'name=%80%99', '€™'],
  ])('ruling 9: is %s', async (_case, contentType, body, name) => {
    expect(expectDone(await send(latin1(body), contentType), 'created')['name']).toBe(name);
  });

  it('ruling 9: may be each part’s own', async () => {
    const answer = await multipart(
      [
        [`${named('name')}\r\nContent-Type: text/plain; charset=ISO-8859-1`, 'Andr\u00e9'],
        [`${named('barcode')}\r\nContent-Type: text/plain; charset=UTF-8`, 'Andr\u00c3\u00a9'],
        [`${named('phone')}\r\nContent-Type: text/plain; charset=windows-1252`, '\u0080'],
        [named('email'), 'Andr\u00c3\u00a9'],
        [named('fax'), 'Andr\u00e9'],
      ],
      '',
    );

    expect(expectDone(answer, 'created')).toMatchObject({
      name: 'André',
      barcode: 'André',
      phone: '€',
      email: 'André',
      fax: 'André',
    });
  });

  it('ruling 9: of the whole multipart form is that of parts without one', async () => {
    const answer = await multipart([[named('name'), '\u00c3\u00a9']], '; charset=ISO-8859-1');

    expect(expectDone(answer, 'created')['name']).toBe('Ã©');
  });

  it('ruling 9: is refused where it is declared and unknown', async () => {
    for (const charset of ['klingon', 'utf-16', 'base64', '__proto__']) {
      const answer = await send('name=Any', `${urlencoded}; charset=${charset}`);
      expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_param_type' } });
    }
    const part = await multipart([[`${named('name')}\r\nContent-Type: text/plain; charset=klingon`, 'Any']]);
    expect(part).toMatchObject({ status: 400, body: { error: 'invalid_param_type' } });
  });

  it('ruling 11: cannot bring in a lone surrogate', async () => {
    for (const charset of ['UTF-8', 'CESU-8']) {
      const answer = await send('name=Any&barcode=a%ED%A0%80b', `${urlencoded}; charset=${charset}`);
      expectInvalid(answer, 'barcode');
    }
    expect(expectDone(await send('name=a%ED%A0%80b'), 'created')['name']).toBe('aí\u00a0€b');
  });

  it('ruling 5: is judged after what is missing, where one value is none of it', async () => {
    expectMissing(await send('barcode=%E9', `${urlencoded}; charset=UTF-8`), 'name');
  });

  it('ruling 10: does not matter for unknown parameters', async () => {
    expectDone(await send('name=Any&unknown=%E9', `${urlencoded}; charset=UTF-8`), 'created');
  });
});

describe('parameters', () => {
  it('ruling 10: count as last sent', async () => {
    const body = expectDone(await send('name=A&isActive=banana&name=B&isActive=false'), 'created');

    expect(body).toMatchObject({ name: 'B', isActive: false });
    expectMissing(await send('name=A&name='), 'name');
    expectInvalid(await send('name=A&country=FR&country=Atlantis'), 'country');
    const parts = ['A', 'B'].map((value) => [named('name'), value] as const);
    expect(expectDone(await multipart(parts), 'created')['name']).toBe('B');
  });

  it('rulings 10 and 17: may clear when they are last and empty', async () => {
    expect(expectDone(await send('name=A&barcode=1&barcode='), 'created')['barcode']).toBeNull();
  });

  it('ruling 10: are ignored where the page does not have them', async () => {
    const unknown = [
      'id=1&reference2=x&logo=x&image=x&organization=x&dateCreated=x&pocTenus=1&balance=7&customerRisk=1',
      'customerCategory=nowhere&createdBy=nobody&newReference=other&customerSegmentation=x&Name=x&ISACTIVE=x&description=x',
      'isCredit=true&contacts=[1]&category_id=x&name[]=x&nul=%00&=x&%20name=x',
    ];
    const usual = expectDone(await send('name=Any'), 'created');

    const body = expectDone(await send(`name=Any&${unknown.join('&')}`), 'created');

    const varying = { id: 0, reference: '', dateCreated: '', lastUpdated: '' };
    expect({ ...body, ...varying }).toEqual({ ...usual, ...varying });
  });

  it.each(['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf', '__proto__[isActive]'])(
    'ruling 10: called %s are only names',
    async (name) => {
      const body = expectDone(await send(`name=Any&${encodeURIComponent(name)}=false`), 'created');
      expectDone(
        await multipart([
          [named('name'), 'Any'],
          [named(name), 'x'],
        ]),
        'created',
      );

      expect(body).toMatchObject({ name: 'Any', isActive: true });
      expect(Object.keys({})).toEqual([]);
      expect(Reflect.get({}, 'isActive')).toBeUndefined();
    },
  );

  it('ruling 11: are refused where they hold U+0000', async () => {
    expectInvalid(await send('name=a%00b'), 'name');
    expectInvalid(await send('name=a&comment=%00'), 'comment');
    expectInvalid(
      await multipart([
        [named('name'), 'a'],
        [named('taxNumber'), 'a\0'],
      ]),
      'taxNumber',
    );
  });

  it('ruling 28: hold the documented payment types unescaped, escaped and in a part', async () => {
    const paymentTypes = '[{"id"=7},{"id"=8}]';
    const answers = [
      await send(`name=Any&paymentTypes=${paymentTypes}`),
      await send(`name=Any&paymentTypes=${encodeURIComponent(paymentTypes)}`),
      await multipart([
        [named('name'), 'Any'],
        [named('paymentTypes'), paymentTypes],
      ]),
    ];

    for (const answer of answers) {
      expect(expectDone(answer, 'created')['paymentTypes']).toMatchObject([{ id: 7 }, { id: 8 }]);
    }
  });

  it('ruling 9: are the same urlencoded and multipart', async () => {
    const reference = freshReference();
    const values = { name: 'Zoë & Söhne = 100%+', comment: 'a\r\nb', billingCity: '東京', website: 'https://x/?a=b&c' };
    const form = new FormData();
    for (const [name, value] of Object.entries(values)) form.append(name, value);
    const address = `/api/v1.0/customers/reference/${reference}`;

    const first = await gateway.rest(address, { method: 'POST', body: new URLSearchParams(values) });
    const second = await gateway.rest(address, { method: 'POST', body: form });

    expect(expectDone(first, 'created')).toMatchObject(values);
    expectDone(second, 'unchanged');
  });

  it('take a file in a text parameter for its text', async () => {
    const body = expectDone(await multipart([[named('name', '; filename="a.txt"'), 'From a file']]), 'created');

    expect(body['name']).toBe('From a file');
  });
});

describe('a body that is no form', () => {
  it('is refused whole', async () => {
    const cut = `--${boundary}\r\n${named('name')}\r\n\r\nAny`;
    const answers = [
      await send(latin1(cut), `multipart/form-data; boundary=${boundary}`),
      await send('name=Any', 'multipart/form-data'),
    ];

    for (const answer of answers) expectInvalid(answer, 'body');
  });

  it('is refused where it is too large', async () => {
    const answer = await send(`name=${'x'.repeat(1_048_577)}`);

    expect(answer).toMatchObject({ status: 413, body: { error: 'payload_too_large' } });
  });
});
