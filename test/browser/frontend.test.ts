import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser, Page, Request } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Complaints, launchChromium, takeScreenshot, watch } from './chromium.ts';
import { type AppMode, type ServedApp, persistedDocuments, prepareApp, serveApp } from './frontend-app.ts';
import { findFreePort } from '../support/free-port.ts';
import { type ListeningGateway, startGateway } from './gateway.ts';

const seeds = [
  ['NC-3', 'Marie’s Jewelry', 'jewelry', 'Nice'],
  ['NC-4', 'Atelier Blanc', 'jewelry', 'Lyon'],
  ['NC-5', 'Bijoux du Port', 'jewelry', 'Marseille'],
  ['NC-6', 'Café Lumière', 'root', 'Paris'],
  ['NC-7', 'Domaine des Oliviers', 'root', 'Aix-en-Provence'],
  ['NC-8', 'Dépôt Rhône', 'root', 'Lyon'],
  ['NC-9', 'Fleurs & Fils', 'root', 'Nantes'],
  ['NC-10', 'Galerie Mercier', 'jewelry', 'Paris'],
  ['NC-11', 'Horlogerie Petit', 'jewelry', 'Besançon'],
  ['NC-12', 'Imprimerie Duval', 'root', 'Lille'],
  ['NC-13', 'Joaillerie Roux', 'jewelry', 'Paris'],
  ['NC-14', 'Librairie Morel', 'root', 'Rennes'],
  ['NC-15', 'Maison Garnier', 'root', 'Bordeaux'],
  ['NC-16', 'Papeterie Colin', 'root', 'Dijon'],
  ['NC-17', 'Quincaillerie Noël', 'root', 'Metz'],
  ['NC-18', 'Saveurs d’Ici', 'root', 'Tours'],
  ['NC-19', 'Zéphyr Voiles', 'root', 'La Rochelle'],
] as const;

type Colour = readonly [red: number, green: number, blue: number];

const logos = {
  'Atelier Blanc': () => drawLogo([34, 74, 110], [222, 232, 240]),
  'Bijoux du Port': () => drawLogo([233, 226, 208], [176, 120, 40]),
  'Café Lumière': () => drawLogo([60, 42, 34], [240, 190, 90]),
};

const created = { data: { upsertCustomer: { outcome: 'CREATED' } } };

const cleanups: (() => Promise<void>)[] = [];
let gateway: ListeningGateway;
let app: ServedApp;
let persisted: ServedApp;
let browser: Browser;
let page: Page;
let complaints: Complaints;

/** Asks the gateway past the app. */
async function ask(query: string, variables: object): Promise<unknown> {
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ query, variables });
  return (await fetch(`${gateway.address}/graphql`, { method: 'POST', headers, body })).json();
}

/** Upserts a customer past the app, as another program does. */
async function upsert(input: Record<string, unknown>): Promise<unknown> {
  const query = `mutation ($input: UpsertCustomerInput!) {
    upsertCustomer(input: $input) { ... on UpsertSuccess { outcome } }
  }`;
  return ask(query, { input });
}

/** What the gateway has stored of a customer. */
async function read(reference: string): Promise<unknown> {
  const query =
    'query ($by: RecordKey!) { customer(by: $by) { name billingCity billingCountry paymentTypes { name } } }';
  return ask(query, { by: { reference } });
}

/** A diamond on a plain ground. */
function drawLogo(ground: Colour, diamond: Colour): Promise<Buffer> {
  const [width, height] = [600, 400];
  const pixels = Array.from({ length: width * height }, (_, at) => {
    const distance = Math.abs((at % width) - width / 2) + Math.abs(Math.floor(at / width) - height / 2);
    return distance < 150 ? diamond : ground;
  });
  return sharp(Buffer.from(pixels.flat()), { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
}

const row = (name: string) => page.getByRole('region', { name: 'List of customers' }).getByRole('link', { name });
const status = () => page.getByRole('form').getByRole('status');
const save = () => page.getByRole('button', { name: 'Save' }).click();

/** The sentences that stand with a field, as a screen reader tells them. */
async function messagesOf(label: string): Promise<string> {
  const described = await page.getByLabel(label, { exact: true }).getAttribute('aria-describedby');
  return page.locator(`[id="${described ?? ''}"]`).innerText();
}

async function openPage(address: string): Promise<{ page: Page; complaints: Complaints }> {
  const context = await browser.newContext({ viewport: { width: 1180, height: 900 }, locale: 'en-GB' });
  const seen = await watch(context);
  const opened = await context.newPage();
  await opened.goto(address);
  return { page: opened, complaints: seen };
}

beforeAll(async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'customer-gateway-frontend-'));
  cleanups.push(() => rm(folder, { recursive: true, force: true }));
  await prepareApp();
  const [port, persistedPort] = [await findFreePort(), await findFreePort()];
  gateway = await startGateway({
    PERSISTED_OPERATIONS: persistedDocuments,
    PUBLIC_URL: `http://127.0.0.1:${port}`,
  });
  cleanups.push(() => gateway[Symbol.asyncDispose]());
  for (const [reference, name, category, billingCity] of seeds) {
    const input = { reference, name, customerCategory: { reference: category }, billingCity, billingCountry: 'FR' };
    expect(await upsert({ ...input, onHold: reference === 'NC-6' })).toEqual(created);
  }
  const serve = (mode: AppMode, at: number) =>
    serveApp({ mode, gateway: gateway.address, port: at, outDir: path.join(folder, mode) });
  app = await serve('production', port);
  cleanups.push(() => app.stop());
  persisted = await serve('persisted', persistedPort);
  cleanups.push(() => persisted.stop());
  browser = await launchChromium();
  cleanups.push(() => browser.close());
  ({ page, complaints } = await openPage(app.address));
}, 600_000);

afterAll(async () => {
  for (const cleanUp of cleanups.toReversed()) await cleanUp();
});

afterEach(() => {
  expect(complaints).toEqual([]);
});

describe('the example frontend', () => {
  it('pages through the customers, forwards and back', async () => {
    const names = () => page.getByRole('listitem').locator('strong').allInnerTexts();
    const all = seeds.map(([, name]) => name).toSorted((a, b) => a.localeCompare(b, 'fr'));
    await page.getByText('17 customers').waitFor();
    const first = await names();
    expect(first).toHaveLength(8);
    expect(await page.getByRole('button', { name: 'Previous' }).isDisabled()).toBe(true);
    await page.getByRole('button', { name: 'Next' }).click();
    await row('Zéphyr').or(row('Maison Garnier')).first().waitFor();
    const second = await names();
    await page.getByRole('button', { name: 'Next' }).click();
    await expect.poll(() => page.getByRole('button', { name: 'Next' }).isDisabled()).toBe(true);
    expect([...first, ...second, ...(await names())].toSorted((a, b) => a.localeCompare(b, 'fr'))).toEqual(all);
    await page.getByRole('button', { name: 'Previous' }).click();
    await expect.poll(names).toEqual(second);
    await page.getByRole('button', { name: 'Previous' }).click();
    await expect.poll(names).toEqual(first);
  });

  it('searches by name', async () => {
    await page.getByLabel('Search by name').fill('jewel');
    await page.getByText('1 customer', { exact: true }).waitFor();
    await row('Marie’s Jewelry').waitFor();
    await page.getByLabel('Search by name').fill('');
    await page.getByText('17 customers').waitFor();
  });

  it('shows what is wrong next to its field, and saves once it is right', async () => {
    await page.getByRole('link', { name: 'New customer' }).click();
    await page.getByLabel('Reference').fill('NC-20');
    await page.getByLabel('Country').fill('Atlantis');
    await page.getByLabel('cheque').check();
    await save();
    await page.getByText('name parameter is missing').waitFor();
    expect(await messagesOf('Name')).toBe('name parameter is missing');
    expect(await messagesOf('Country')).toContain('billingCountry');
    expect(await messagesOf('City')).toBe('');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('name');
    await page.getByLabel('Name', { exact: true }).fill('Verrerie Lambert');
    await page.getByLabel('Country').fill('France');
    await page.getByLabel('City').fill('Nancy');
    await save();
    await status().getByText('Created.').waitFor();
    expect(await page.getByLabel('Country').inputValue()).toBe('FR');
    expect(new URL(page.url()).hash).toBe('#/customers/NC-20');
    await page.getByText('18 customers').waitFor();
    expect(await read('NC-20')).toEqual({
      data: {
        customer: {
          name: 'Verrerie Lambert',
          billingCity: 'Nancy',
          billingCountry: 'FR',
          paymentTypes: [{ name: 'cheque' }],
        },
      },
    });
  });

  it('refuses to create what is there, next to the reference', async () => {
    await page.getByRole('link', { name: 'New customer' }).click();
    await page.getByLabel('Reference').fill('NC-3');
    await page.getByLabel('Name', { exact: true }).fill('Another');
    await save();
    await expect.poll(() => messagesOf('Reference')).not.toBe('');
    expect(await read('NC-3')).toMatchObject({ data: { customer: { name: 'Marie’s Jewelry' } } });
  });

  it('uploads a logo and shows it, and refuses what is no picture next to its field', async () => {
    for (const [name, draw] of Object.entries(logos)) {
      await row(name).click();
      await page.getByRole('heading', { name }).waitFor();
      await page.getByLabel('Logo').setInputFiles({ name: 'logo.png', mimeType: 'image/png', buffer: await draw() });
      await save();
      await status().getByText('Saved.').waitFor();
      const logo = page.getByRole('img', { name: `Logo of ${name}` });
      expect(await logo.getAttribute('src')).toContain(`${app.address}/`);
      await expect
        .poll(() => logo.evaluate((image) => (image instanceof HTMLImageElement ? image.naturalWidth : 0)))
        .toBe(480);
      await row(name).locator('img').waitFor();
    }
    await row('Bijoux du Port').click();
    await page.getByRole('heading', { name: 'Bijoux du Port' }).waitFor();
    const text = { name: 'logo.png', mimeType: 'image/png', buffer: Buffer.from('no picture') };
    await page.getByLabel('Logo', { exact: true }).setInputFiles(text);
    await save();
    await expect.poll(() => messagesOf('Logo')).toContain('image format not supported');
    await page.getByLabel('Country').fill('Atlantis');
    await page.getByLabel('E-mail').fill('bonjour@bijoux-du-port.example');
    await save();
    await expect.poll(() => messagesOf('Country')).not.toBe('');
    await takeScreenshot(page, 'frontend.png');
    await page.getByLabel('Remove it').check();
    await page.getByLabel('Logo', { exact: true }).setInputFiles([]);
    await page.getByLabel('Country').fill('FR');
    await save();
    await status().getByText('Logo: removed').waitFor();
    await expect.poll(() => row('Bijoux du Port').locator('img').count()).toBe(0);
  });

  it('tells of a change by somebody else, and reloads on request', async () => {
    await row('Café Lumière').click();
    await page.getByRole('heading', { name: 'Café Lumière' }).waitFor();
    await upsert({ reference: 'NC-6', billingCity: 'Versailles' });
    await page.getByLabel('City').fill('Orléans');
    await save();
    await page.getByRole('alert').getByText('Somebody else has changed this customer').waitFor();
    expect(await read('NC-6')).toMatchObject({ data: { customer: { billingCity: 'Versailles' } } });
    await page.getByRole('button', { name: 'Discard mine and reload' }).click();
    await expect.poll(() => page.getByLabel('City').inputValue()).toBe('Versailles');
    await page.getByLabel('City').fill('Orléans');
    await save();
    await status().getByText('City: Versailles → Orléans').waitFor();
  });

  it('checks without saving, and tells where saving would change nothing', async () => {
    await row('Dépôt Rhône').click();
    await page.getByRole('heading', { name: 'Dépôt Rhône' }).waitFor();
    await page.getByLabel('City').fill('Valence');
    await page.getByRole('button', { name: 'Check first' }).click();
    await status().getByText('saving will change this').waitFor();
    await status().getByText('City: Lyon → Valence').waitFor();
    expect(await read('NC-8')).toMatchObject({ data: { customer: { billingCity: 'Lyon' } } });
    await page.getByLabel('City').fill('Lyon');
    await save();
    await status().getByText('Nothing changed').waitFor();
  });

  it('gives a customer another reference, in the address too', async () => {
    await row('Atelier Blanc').click();
    await page.getByRole('heading', { name: 'Atelier Blanc' }).waitFor();
    await page.getByLabel('Reference').fill('AB/1 #é');
    await save();
    await status().getByText('Saved.').waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'Atelier Blanc' }).waitFor();
    expect(await page.getByLabel('Reference').inputValue()).toBe('AB/1 #é');
  });

  it('can be used by the keyboard alone', async () => {
    await page.goto(app.address);
    await row('Galerie Mercier').focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Galerie Mercier' }).waitFor();
    await page.getByLabel('Name', { exact: true }).focus();
    await page.keyboard.press('End');
    await page.keyboard.type(' & Cie');
    await page.keyboard.press('Enter');
    await status().getByText('Galerie Mercier → Galerie Mercier & Cie').waitFor();
  });

  it('says so where there is no such customer', async () => {
    await page.goto(`${app.address}/#/customers/none`);
    await page.getByText('There is no customer none').waitFor();
  });
});

describe('the example frontend with persisted operations', () => {
  it('does the same by hashes only, files included', async () => {
    const other = await openPage('about:blank');
    const sent: Request[] = [];
    other.page.on('request', (request) => void sent.push(request));
    await other.page.goto(`${persisted.address}/#/customers/NC-3`);
    await other.page.getByRole('heading', { name: 'Marie’s Jewelry' }).waitFor();
    const file = { name: 'logo.png', mimeType: 'image/png', buffer: await logos['Café Lumière']() };
    await other.page.getByLabel('Logo').setInputFiles(file);
    await other.page.getByRole('button', { name: 'Save' }).click();
    await other.page.getByRole('status').getByText('Saved.').waitFor();
    const bodies = sent
      .filter((request) => request.url().endsWith('/graphql'))
      .map((request) => request.postData() ?? '');
    expect(bodies.length).toBeGreaterThan(2);
    expect(bodies.filter((body) => !/"sha256Hash":"[0-9a-f]{64}"/.test(body) || body.includes('"query"'))).toEqual([]);
    expect(other.complaints).toEqual([]);
    await other.page.context().close();
  });
});

describe('the example frontend without a gateway', () => {
  it('says what to do', async () => {
    await gateway.stop();
    const other = await openPage(app.address);
    await other.page.getByRole('alert').getByText('Start it with npm start').waitFor();
    await other.page.getByRole('button', { name: 'Try again' }).waitFor();
    await other.page.context().close();
  });
});
