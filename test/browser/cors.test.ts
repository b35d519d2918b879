import { once } from 'node:events';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium } from './chromium.ts';
import { type ListeningGateway, startGateway } from './gateway.ts';

type Origin = { readonly server: Server; readonly address: string };

let named: Origin;
let unnamed: Origin;
let gateway: ListeningGateway;
let browser: Browser;
let picture: string;

/** Serves an empty page. */
async function serveOrigin(): Promise<Origin> {
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'text/html');
    response.end('<!doctype html><title>app</title>');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, address: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

async function storePicture(): Promise<string> {
  const bytes = await sharp({ create: { width: 8, height: 8, channels: 3, background: 'teal' } })
    .png()
    .toBuffer();
  const form = new FormData();
  form.append('name', 'Marie');
  form.append('imageFile', new Blob([Uint8Array.from(bytes)]), 'logo.png');
  const address = `${gateway.address}/api/v1.0/customers/reference/NC-3`;
  const body = (await (await fetch(address, { method: 'POST', body: form })).json()) as { logo: string };
  return body.logo;
}

beforeAll(async () => {
  [named, unnamed] = [await serveOrigin(), await serveOrigin()];
  gateway = await startGateway({ CORS_ORIGINS: named.address });
  picture = await storePicture();
  browser = await launchChromium();
});

afterAll(async () => {
  await browser.close();
  await gateway[Symbol.asyncDispose]();
  for (const { server } of [named, unnamed]) {
    server.closeAllConnections();
    server.close();
  }
});

async function openPage({ address }: Origin): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(address);
  return page;
}

/** What a page gets to see of an answer from GraphQL, or why it does not. */
function ask(page: Page): Promise<string> {
  return page.evaluate(async (address) => {
    const headers = { 'content-type': 'application/json', 'x-api-key': 'any', 'x-graphql-yoga-csrf': '1' };
    const init = { method: 'POST', headers, body: '{"query":"{ __typename }"}' };
    try {
      const response = await fetch(`${address}/graphql`, init);
      return `${await response.text()} ${response.headers.has('x-request-id')}`;
    } catch (error) {
      return String(error);
    }
  }, gateway.address);
}

/** What becomes of a picture on a page. */
function show(page: Page, crossOrigin: string | null): Promise<string> {
  const shown = { picture, crossOrigin };
  return page.evaluate(
    ({ picture: address, crossOrigin: mode }) =>
      new Promise<string>((resolve) => {
        const image = new Image();
        image.crossOrigin = mode;
        image.onload = () => resolve('shown');
        image.onerror = () => resolve('refused');
        image.src = `${address}?${String(mode)}`;
      }),
    shown,
  );
}

describe('a page of another origin', () => {
  it('calls GraphQL and reads pictures where CORS_ORIGINS names it', async () => {
    const page = await openPage(named);
    expect(await ask(page)).toBe('{"data":{"__typename":"Query"}} true');
    expect([await show(page, 'anonymous'), await show(page, null)]).toEqual(['shown', 'shown']);
    await page.close();
  });

  it('shows pictures otherwise, and does no more', async () => {
    const page = await openPage(unnamed);
    expect(await ask(page)).toBe('TypeError: Failed to fetch');
    expect([await show(page, 'anonymous'), await show(page, null)]).toEqual(['refused', 'shown']);
    await page.close();
  });
});
