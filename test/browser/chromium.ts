import { existsSync } from 'node:fs';
import path from 'node:path';
import { type Browser, type BrowserContext, type Page, chromium } from 'playwright-core';
import sharp from 'sharp';

const usualPlaces = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/snap/bin/chromium',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** Where Chromium is: CHROMIUM_PATH, or the first of the usual places. Throws, saying how to get it. */
export function requireChromium(env: NodeJS.ProcessEnv = process.env, places: readonly string[] = usualPlaces): string {
  const { CHROMIUM_PATH: chosen } = env;
  const found = (chosen ? [chosen] : places).find((place) => existsSync(place));
  if (found !== undefined) return found;
  const where = chosen ? `at CHROMIUM_PATH, ${chosen}` : `in any of ${places.join(', ')}`;
  throw new Error(`There is no Chromium ${where}: apt-get install chromium, or set CHROMIUM_PATH to one.`);
}

/** Starts Chromium so that it asks the network for nothing of its own. The tests' pages are ours, so no sandbox is needed. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: requireChromium(),
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** What a browser context did that it should not: requests to other machines (they are stopped), errors in its console. */
export type Complaints = readonly string[];

/** Watches everything that a context's pages ask for and complain of, from now on. */
export async function watch(context: BrowserContext): Promise<Complaints> {
  const complaints: string[] = [];
  await context.route('**/*', async (route) => {
    const url = new URL(route.request().url());
    if (url.hostname === '127.0.0.1') return route.continue();
    complaints.push(`asked for ${url.href}`);
    return route.abort();
  });
  await context.routeWebSocket('**/*', (socket) => void complaints.push(`opened a socket to ${socket.url()}`));
  context.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`console: ${message.text()}`);
  });
  context.on('weberror', (error) => complaints.push(`threw ${String(error.error())}`));
  return complaints;
}

const images = path.resolve(import.meta.dirname, '../../docs/images');

/** A picture of the page for the README, in `docs/images`: small as a file. */
export async function takeScreenshot(page: Page, name: string): Promise<void> {
  const image = await page.screenshot({ animations: 'disabled' });
  await sharp(image).png({ palette: true, effort: 10 }).toFile(path.join(images, name));
}
