import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Browser, Page, Request } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createTabs } from '../../src/http/graphiql-tabs.ts';
import { expectPromised, tabPromises } from '../support/tab-promises.ts';
import { type Complaints, launchChromium, requireChromium, takeScreenshot, watch } from './chromium.ts';
import { type ListeningGateway, startGateway } from './gateway.ts';

const titles = Object.keys(tabPromises);
let gateway: ListeningGateway;
let browser: Browser;
let page: Page;
let complaints: Complaints;

beforeAll(async () => {
  gateway = await startGateway();
  browser = await launchChromium();
  const context = await browser.newContext({ viewport: { width: 1300, height: 850 } });
  complaints = await watch(context);
  page = await context.newPage();
  await page.goto(gateway.address);
  await page.getByRole('tab', { selected: true }).waitFor();
});

afterAll(async () => {
  await browser.close();
  await gateway[Symbol.asyncDispose]();
});

afterEach(() => {
  expect(complaints).toEqual([]);
});

/** By the keyboard: a tab grows when the pointer comes, and a click as fast as a test's falls into the movement. */
async function openTab(title: string): Promise<void> {
  await page.getByRole('tab').getByRole('button', { name: title, exact: true }).press('Enter');
  await page.getByRole('tab', { name: title, selected: true }).waitFor();
  const operation = new RegExp(`^(query|mutation)\\s${title}\\b`);
  await page.locator('.graphiql-query-editor').getByText(operation).first().waitFor();
  // GraphiQL reads the name of the operation 100 ms after its text has changed, and runs the one it knows until then.
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 300)));
}

/** Whether a request executes a tab's document. */
function executes(request: Request, title: string): boolean {
  const body: unknown = request.postDataJSON();
  const query = typeof body === 'object' && body && 'query' in body ? body.query : undefined;
  return typeof query === 'string' && new RegExp(`^(query|mutation) ${title}\\b`, 'm').test(query);
}

/** Runs the open tab as a person does; answers the data, once it is on the page too. */
async function runTab(title: string): Promise<Record<string, unknown>> {
  const answered = page.waitForResponse((response) => executes(response.request(), title));
  await page.getByRole('button', { name: 'Execute query' }).click();
  const { data, errors } = (await (await answered).json()) as { data: Record<string, unknown>; errors?: unknown };
  expect({ title, errors }).toEqual({ title, errors: undefined });
  const [field = ''] = Object.keys(data);
  await page.locator('.graphiql-response').getByText(`"${field}"`).first().waitFor();
  // While a request is under way the button stops it.
  await page.getByRole('button', { name: 'Execute query' }).waitFor();
  return data;
}

/** The shell command that the tab for files shows. */
function findUploadCommand(): string {
  const lines = createTabs(gateway.address).flatMap(({ query }) => query.split('\n'));
  return lines.find((line) => line.startsWith('# curl '))?.slice(2) ?? 'false';
}

describe('GraphiQL', () => {
  it('opens from the bare address with its tabs, in order', async () => {
    expect(page.url()).toBe(`${gateway.address}/graphql`);
    expect(await page.getByRole('tab').allInnerTexts()).toEqual(titles);
  });

  it.each([1, 2] as const)('runs every tab twice, as it stands, in round %i', async (round) => {
    for (const title of titles) {
      await openTab(title);
      expectPromised(title, await runTab(title), round);
      if (round === 1 && title === 'Update') {
        await page.mouse.move(900, 700);
        await takeScreenshot(page, 'graphiql.png');
      }
      expectPromised(title, await runTab(title), round, true);
    }
  });

  it('shows the logo that the tab’s shell command sends', async () => {
    await openTab('Logo');
    const picture = sharp({ create: { width: 40, height: 30, channels: 3, background: 'teal' } });
    await writeFile(path.join(gateway.folder, 'logo.png'), await picture.png().toBuffer());
    const { stdout } = await promisify(execFile)('sh', ['-c', findUploadCommand()], { cwd: gateway.folder });
    expect(JSON.parse(stdout)).toMatchObject({ data: { upsertCustomer: { outcome: 'UPDATED' } } });
    const shown = await runTab('Logo');
    expect(shown).toMatchObject({ customer: { logo: { width: 40, height: 30 } } });
  });

  it('explains the schema: upsertCustomer, its arguments and its input’s fields', async () => {
    await page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
    const docs = page.locator('.graphiql-doc-explorer');
    await docs.getByRole('link', { name: 'Mutation', exact: true }).click();
    await docs.getByRole('link', { name: 'upsertCustomer', exact: true }).click();
    await docs.getByText('Creates the customer of a reference if it is not there').waitFor();
    await docs.getByText('Do everything, images included, keep nothing').waitFor();
    await docs.getByRole('link', { name: 'UpsertCustomerInput', exact: true }).click();
    await docs.getByText('A customer as your system has it.').waitFor();
    await docs.getByRole('link', { name: 'taxNumber', exact: true }).waitFor();
  });
});

describe('the policy of GraphiQL’s page', () => {
  it('keeps the browser from scripts and requests that are not its own', async () => {
    const context = await browser.newContext();
    const seen = await watch(context);
    const other = await context.newPage();
    await other.goto(gateway.address);
    await other.getByRole('tab', { selected: true }).waitFor();
    expect(seen).toEqual([]);
    const hasRun = await other.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = 'document.title = "taken over"';
      document.body.append(script);
      return document.title === 'taken over';
    });
    expect(hasRun).toBe(false);
    const leaves = await other.evaluate(() => fetch('http://127.0.0.1:9/').then(String, String));
    expect(leaves).toContain('TypeError');
    await expect.poll(() => seen.join()).toMatch(/script-src 'sha256-.*connect-src 'self'/s);
    await context.close();
  });
});

describe('the watch over the browser', () => {
  it('sees and stops a request that would leave the machine', async () => {
    const context = await browser.newContext({ bypassCSP: true });
    const seen = await watch(context);
    const other = await context.newPage();
    await other.goto(gateway.address);
    await other.evaluate(() => fetch('https://cdn.example/graphiql.js').catch(() => undefined));
    expect(seen[0]).toBe('asked for https://cdn.example/graphiql.js');
    await context.close();
  });

  it('says how to get Chromium where there is none', () => {
    expect(() => requireChromium({}, ['/nowhere/chromium'])).toThrow('apt-get install chromium');
    expect(() => requireChromium({ CHROMIUM_PATH: '/nowhere/chromium' })).toThrow('CHROMIUM_PATH, /nowhere/chromium');
  });
});
