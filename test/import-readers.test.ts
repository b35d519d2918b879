import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readBlocks } from '../src/import/blocks.ts';
import { collections } from '../src/import/collection.ts';
import { type Format, createReader, findFormat, stripExtensions } from '../src/import/formats.ts';
import type { EmptyCells } from '../src/import/draft.ts';
import type { Row, RowReader } from '../src/import/rows.ts';

const { columns } = collections.customers;

async function* cut(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size));
}

async function readAll(reader: RowReader, bytes: Uint8Array, size = 7): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const block of readBlocks(cut(bytes, size))) rows.push(...reader.read(block));
  reader.end();
  return rows;
}

function read(text: string, format: Format = 'csv', empty: EmptyCells = 'clear'): Promise<Row[]> {
  return readAll(createReader(format, columns, empty), Buffer.from(text));
}

async function readInputs(text: string, format?: Format, empty?: EmptyCells): Promise<unknown[]> {
  const rows = await read(text, format, empty);
  return rows.map(({ content }) => ('input' in content ? content.input : content));
}

describe('a file of rows', () => {
  const name = fc.string().filter((text) => text !== '' && text.isWellFormed() && !text.includes('\0'));
  const records = fc.array(fc.record({ reference: name, name }), { maxLength: 8 });

  it.each(['csv', 'tsv', 'ndjson'] as const)('is read as it was written as refused rows: %s', async (format) => {
    await fc.assert(
      fc.asyncProperty(records, fc.integer({ min: 1, max: 20 }), fc.boolean(), async (wanted, size, packed) => {
        const objects = wanted.map((record) => JSON.stringify(record)).join('\n');
        const source = await read(objects, 'ndjson');
        // What a reader of the format makes of a refused row of its own is what it read.
        const quote = (text: string) => `"${text.replaceAll('"', '""')}"`;
        const delimiter = format === 'tsv' ? '\t' : ',';
        const lines = wanted.map((record) => [record.reference, record.name].map(quote).join(delimiter));
        const text = format === 'ndjson' ? objects : [`reference${delimiter}name`, ...lines].join('\n');
        const reader = createReader(format, columns, 'clear');
        const bytes = Buffer.from(text);
        const rows = await readAll(reader, packed ? gzipSync(bytes) : bytes, size);
        expect(rows.map(({ content }) => content)).toEqual(source.map(({ content }) => content));
        const rejected =
          reader.rejectedHeader() + rows.map((row) => reader.renderRejected(row, 'a, "reason"\n')).join('');
        const again = await readAll(createReader(format, columns, 'clear'), Buffer.from(rejected), size);
        expect(again.map(({ content }) => content)).toEqual(source.map(({ content }) => content));
      }),
      { numRuns: 40 },
    );
  });

  it('tells the line each row begins in, in the face of rows of several lines and of blank lines', async () => {
    const rows = await read('reference,comment\r\nA,"one\ntwo\n\nthree"\r\n\r\nB,x\nC,"\n"\nD,');
    expect(rows.map(({ line }) => line)).toEqual([2, 7, 8, 10]);
  });

  it('may begin with a byte order mark and end without a line end', async () => {
    expect(await readInputs('\u{feff}reference,name\nA,André')).toEqual([{ reference: 'A', name: 'André' }]);
  });

  it('may be delimited by semicolons', async () => {
    expect(await readInputs('reference;name\nA;"x;y, z"\n')).toEqual([{ reference: 'A', name: 'x;y, z' }]);
  });

  it('names the line that is no UTF-8', async () => {
    const bytes = Buffer.concat([Buffer.from('reference,name\nA,x\n'), Buffer.from('B,Andr\u00e9\n', 'latin1')]);
    await expect(readAll(createReader('csv', columns, 'clear'), bytes)).rejects.toThrow(
      'Line 3 is not UTF-8 text: save the file as UTF-8.',
    );
  });

  it('names the row whose quote is never closed, at its end and long before the end of a large file', async () => {
    const message = 'The row that begins in line 3 does not end: a quote is not closed.';
    await expect(read('reference,name\nA,x\nB,"y\nC,z\n')).rejects.toThrow(message);
    const endless = `reference,name\nA,x\nB,"y\n${'C,z\n'.repeat(400_000)}`;
    await expect(readAll(createReader('csv', columns, 'clear'), Buffer.from(endless), 65_536)).rejects.toThrow(message);
  });

  it('may not have an endless line', async () => {
    const endless = Buffer.alloc(5_000_000, 'a');
    await expect(readAll(createReader('ndjson', columns, 'clear'), endless, 65_536)).rejects.toThrow(
      'Line 1 is too long',
    );
  });

  it('fails where its gzip is cut off', async () => {
    const packed = gzipSync(Buffer.from('reference,name\n'.repeat(1_000)));
    await expect(readAll(createReader('csv', columns, 'clear'), packed.subarray(0, -10))).rejects.toMatchObject({
      code: 'Z_BUF_ERROR',
    });
  });
});

describe('a header', () => {
  it.each([
    ['reference,nam', '"nam" is no column (did you mean name?)'],
    ['reference,Billing City', '"Billing City" is no column (did you mean billingCity?)'],
    ['reference,customerCategory', '"customerCategory" is no column (did you mean categoryId?)'],
    ['reference,quuxquux', '"quuxquux" is no column.'],
    ['reference,imageFile', '"imageFile" is no column'],
    ['reference,name,name', 'name is there twice'],
    ['name', 'there is no column reference'],
  ])('is refused with what is wrong: %s', async (header, message) => {
    await expect(read(`${header}\nA,B\n`)).rejects.toThrow(message);
  });

  it('must be there', async () => {
    await expect(read('\n')).rejects.toThrow('There is no header.');
  });
});

describe('a cell', () => {
  it('is read as the form reads it; an empty one clears or is absent by its kind (rulings 17, 26, 28)', async () => {
    const header = 'reference,isActive,categoryId,creditLimit,paymentTypes,currency,dueDateConfigType,regionId';
    expect(await readInputs(`${header}\nA,TRUE,7,5e3,"[{""id""=7},8]",eur,1,3\nB,,,,,,,\n`)).toEqual([
      {
        reference: 'A',
        isActive: true,
        customerCategory: { reference: '7', id: '7' },
        creditLimit: 5000,
        paymentTypes: [{ id: '7' }, { id: '8' }],
        currency: 'eur',
        dueDateConfigType: 'daysAfterInvoiceDate',
        regionId: { id: '3' },
      },
      {
        reference: 'B',
        customerCategory: null,
        creditLimit: null,
        paymentTypes: null,
        dueDateConfigType: null,
        regionId: null,
      },
    ]);
  });

  it('that is empty keeps what is stored where that is asked for', async () => {
    expect(await readInputs('reference,categoryId,email\nA,,\n', 'csv', 'keep')).toEqual([{ reference: 'A' }]);
  });

  it('is refused with the contract’s own text', async () => {
    const [row] = await read('reference,isActive,billingLat,regionId\nA,1,91,x\n');
    expect(row?.content).toMatchObject({
      problems: [
        { message: 'An invalid value was specified for parameter: isActive (must be a boolean: true or false)' },
        { message: 'The type of parameter billingLat you provided is not valid for this request.' },
        { message: 'The type of parameter regionId you provided is not valid for this request.' },
      ],
    });
  });

  it('of useExternalId says how the relations of its row are meant (ruling 26)', async () => {
    expect(await readInputs('reference,categoryId,useExternalId\nA,7,true\nB,7,false\n')).toEqual([
      { reference: 'A', customerCategory: { reference: '7' } },
      { reference: 'B', customerCategory: { id: '7' } },
    ]);
  });

  it('too many or too few makes its row unreadable, and no other', async () => {
    const rows = await read('reference,name\nA,x,y\nB\nC,z\n');
    expect(rows.map(({ content }) => ('unreadable' in content ? content.unreadable : ''))).toEqual([
      'The row has 3 cells, the header 2.',
      'The row has 1 cells, the header 2.',
      '',
    ]);
  });
});

describe('a line of JSON', () => {
  it('has values with types, and null clears', async () => {
    const line = {
      reference: 'A',
      name: null,
      isActive: false,
      categoryId: 7,
      parentCustomer: '007',
      creditLimit: 5,
      paymentTypes: [7, { id: 8 }],
      dueDateConfigType: 2,
    };
    expect(await readInputs(JSON.stringify(line), 'ndjson')).toEqual([
      {
        reference: 'A',
        name: null,
        isActive: false,
        customerCategory: { id: '7' },
        parentCustomer: { reference: '007', id: '7' },
        creditLimit: 5,
        paymentTypes: [{ id: '7' }, { id: '8' }],
        dueDateConfigType: 'daysAfterEndOfInvoiceMonth',
      },
    ]);
  });

  it.each([
    ['{"reference":"A","nam":1}', '"nam" is no column (did you mean name?).'],
    ['[1]', 'The line is no JSON object.'],
    ['{"reference"', 'The line is no JSON object.'],
    ['{"reference":"A","__proto__":{}}', '"__proto__" is no column.'],
  ])('is refused where it cannot be read: %s', async (line, unreadable) => {
    expect(await readInputs(line, 'ndjson')).toEqual([{ unreadable }]);
  });

  it.each([
    ['{"reference":"A","name":5}', 'name'],
    ['{"reference":"A","isActive":1}', 'isActive'],
    ['{"reference":"A","categoryId":1.5}', 'categoryId'],
    ['{"reference":"A","email":["x"]}', 'email'],
    ['{"reference":{},"name":"x"}', 'reference'],
  ])('is refused where a value has the wrong type: %s', async (line, parameter) => {
    const [row] = await read(line, 'ndjson');
    const message = `The type of parameter ${parameter} you provided is not valid for this request.`;
    expect(row?.content).toMatchObject({ problems: [{ code: 'invalid_param_type', message }] });
  });
});

describe('the name of a file', () => {
  it.each([
    ['a/customers.csv', 'csv', 'a/customers'],
    ['customers.TSV.gz', 'tsv', 'customers'],
    ['customers.jsonl', 'ndjson', 'customers'],
    ['customers.ndjson.gz', 'ndjson', 'customers'],
    ['customers.txt', undefined, 'customers.txt'],
  ])('tells the format: %s', (file, format, stem) => {
    expect({ format: findFormat(file), stem: stripExtensions(file) }).toEqual({ format, stem });
  });
});
