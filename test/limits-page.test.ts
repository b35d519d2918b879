import { expect, it } from 'vitest';
import { errorCatalogue } from '../src/contract/errors.ts';
import { limits } from '../src/contract/limits.ts';
import { renderLimitsPage } from './support/limits-page.ts';

it('docs/limits.md tells of every limit there is', async () => {
  const page = await renderLimitsPage();
  await expect(page).toMatchFileSnapshot('../docs/limits.md');
  const sections = page.split('\n').filter((line) => line.startsWith('## '));
  expect(sections).toHaveLength(Object.keys(limits).length);
});

it('the sentences and codes on the page are the catalogue’s', async () => {
  const page = await renderLimitsPage();
  const texts: readonly string[] = Object.values(errorCatalogue).flatMap(({ texts: all }): readonly string[] => all);
  const quoted = [...page.matchAll(/“(.+?[.])”/g)].map(([, sentence = '']) => sentence);
  expect(quoted.length).toBeGreaterThan(5);
  expect(quoted.filter((sentence) => !texts.includes(sentence))).toEqual([]);
  const answers = [...page.matchAll(/(\d{3}) `([a-z_]+)`/g)].map(([, status, code = '']) => [Number(status), code]);
  const statuses = new Map<string, number>(Object.entries(errorCatalogue).map(([code, { status }]) => [code, status]));
  expect(answers.filter(([status, code]) => statuses.get(String(code)) !== status)).toEqual([]);
});

it('a limit of the server outlasts what it is to wait for', () => {
  const { database, upserts, connections } = limits;
  expect(database.answerMillis).toBeGreaterThan(database.statementMillis);
  expect(connections.requestMillis).toBeGreaterThan(connections.headersMillis);
  const halvings = Math.ceil(Math.log2(limits.graphql.bulkItems));
  expect((halvings + 2) * database.lockMillis).toBeLessThan(upserts.patienceMillis.races);
});
