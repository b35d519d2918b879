import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { graphql } from 'graphql';
import { describe, expect, it } from 'vitest';
import { errorCatalogue, texts, upsertErrorCodes } from '../src/contract/errors.ts';
import { schema } from '../src/graphql/schema.ts';
import { renderErrorsPage } from './support/errors-page.ts';
import customerFailures from './fixtures/contract/customer-failures.json' with { type: 'json' };
import categoryFailures from './fixtures/contract/customer-category-failures.json' with { type: 'json' };

const source = path.resolve(import.meta.dirname, '../src');

function readSources(): { file: string; text: string }[] {
  return readdirSync(source, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => ({ file, text: readFileSync(path.join(source, file), 'utf8') }));
}

/** Where an error is made with a sentence of its own instead of one of the table's. */
function findOwnSentences(text: string): string[] {
  const made =
    /(?:(?:new (?:Rest|Form)Error|createClientError)\(\s*'[a-z_]+',|new ServiceUnavailableError\()\s*['"`].*/g;
  return [...text.matchAll(made)].map(([line]) => line);
}

/** A text of the table as a pattern in which every placeholder stands for anything. */
function toPattern(text: string): RegExp {
  return new RegExp(`^${text.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{\w+\}/g, '.+')}$`);
}

describe('errorCatalogue', () => {
  it('answers every code with its REST code and status, its texts, and when it happens', async () => {
    const query = '{ errorCatalogue { code restCode restStatus texts when inResult } }';
    const { data, errors } = await graphql({ schema, source: query });
    expect(errors).toBeUndefined();
    expect(data?.['errorCatalogue']).toEqual(
      Object.entries(errorCatalogue).map(([code, kind]) => ({
        code: code.toUpperCase(),
        restCode: code,
        restStatus: kind.status,
        texts: kind.texts,
        when: kind.when,
        inResult: upsertErrorCodes.some((known) => known === code),
      })),
    );
  });

  it('lists the codes in the order in which REST reports one of several errors (ruling 5)', () => {
    const stages = Object.values(errorCatalogue).map(({ stage }) => stage);
    expect(stages).toEqual(stages.toSorted((a, b) => a - b));
  });

  it('is the table in docs/errors.md', async () => {
    await expect(await renderErrorsPage()).toMatchFileSnapshot('../docs/errors.md');
  });
});

describe('the texts of the catalogue', () => {
  const listed = Object.values(errorCatalogue).flatMap((kind): readonly string[] => kind.texts);

  it('are all that there are, each under one code', () => {
    const sentences = Object.values(texts).map((text) => (typeof text === 'string' ? text : text.toString()));
    expect(listed).toHaveLength(sentences.length);
    expect(new Set(listed).size).toBe(listed.length);
  });

  it('are the only ones that errors are made with', () => {
    const own = readSources().flatMap(({ file, text }) => findOwnSentences(text).map((line) => `${file}: ${line}`));
    expect(own).toEqual([]);
    expect(findOwnSentences("throw new RestError('not_found', 'Nothing here.');")).toHaveLength(1);
    expect(findOwnSentences('throw new ServiceUnavailableError(`Come again.`);')).toHaveLength(1);
    expect(findOwnSentences("throw new RestError('not_found', texts.noAddress);")).toEqual([]);
  });

  it.each([...customerFailures, ...categoryFailures])(
    'hold the page’s own $body.error: $body.error_description',
    ({ status, body }) => {
      const kind = Object.entries(errorCatalogue).find(([code]) => code === body.error)?.[1];
      expect(kind?.status).toBe(status);
      expect(kind?.texts.some((text) => toPattern(text).test(body.error_description))).toBe(true);
    },
  );
});
