import { isIP } from 'node:net';
import { limits } from '../contract/limits.ts';
import { type Problems, complain } from './problems.ts';

/** So many calls at once, which come back evenly over `window` milliseconds. */
export type Rate = { readonly count: number; readonly window: number };

/** Whose X-Forwarded-For is believed: proxies by address or subnet, or so many of them, counted from here. */
export type TrustedProxies = { readonly addresses: readonly string[] } | { readonly count: number };

export type RateConfig = {
  /** How often a caller may call; undefined for as often as it likes. */
  readonly calls: Rate | undefined;
  /** How often a credential that turns out bad may come from one address. */
  readonly failedAttempts: Rate;
  /** How to tell where somebody calls from. */
  readonly trustedProxies: TrustedProxies;
};

/** What is remembered of credentials, and how workers share what they counted. Times are milliseconds. */
export const rateLimits = Object.freeze({
  /** Credentials that were good, which are looked at whatever else their address sends. */
  goodCredentials: 10_000,
  /** Credentials that were bad, and for how long they are refused without being looked at again. */
  badCredentials: 1_000,
  badFor: 5_000,
  /** Workers tell each other this often what was spent. */
  sharedEvery: 250,
});

const largestCount = 9_999_999;
const mostProxies = 16;

function toRate({ count, windowMillis }: { readonly count: number; readonly windowMillis: number }): Rate {
  return Object.freeze({ count, window: windowMillis });
}

/** How often a caller may call where nothing is said. */
export const usualRate = toRate(limits.rate.calls);

/** How often a credential of one address may turn out bad. */
export const failedAttempts = toRate(limits.rate.failedCredentials);

const windows: ReadonlyMap<string, number> = new Map([
  ['s', 1_000],
  ['min', 60_000],
  ['h', 3_600_000],
]);

function parseRate(text: string): Rate | undefined {
  const [, digits = '', unit = ''] = /^(\d{1,7})\/([a-z]+)$/.exec(text) ?? [];
  const [count, window] = [Number(digits), windows.get(unit)];
  return count > 0 && window !== undefined ? { count, window } : undefined;
}

/** RATE_LIMIT. Whoever may call without a credential is on this machine, and limited only if told. */
function readRateLimit(value: string | undefined, isOpen: boolean, problems: Problems): Rate | undefined {
  if (!value) return isOpen ? undefined : usualRate;
  if (value === 'off') return undefined;
  const rate = parseRate(value);
  const expected = `calls per s, min or h, such as 600/min, up to ${largestCount}, or off`;
  if (!rate) complain(problems, 'RATE_LIMIT', value, expected);
  return rate && Object.freeze(rate);
}

function isNetwork(text: string): boolean {
  const [, address = '', bits] = /^([^/%]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const width = { 0: 0, 4: 32, 6: 128 }[isIP(address)] ?? 0;
  // A subnet of everything would let anybody name any address.
  return width > 0 && (bits === undefined || (Number(bits) >= 1 && Number(bits) <= width));
}

/** TRUSTED_PROXIES: none unless told. */
function readTrustedProxies(value: string | undefined, problems: Problems): TrustedProxies {
  if (!value) return Object.freeze({ count: 0 });
  const count = /^\d{1,2}$/.test(value) ? Number(value) : undefined;
  const addresses = value.split(',').map((each) => each.trim());
  if (count !== undefined && count <= mostProxies) return Object.freeze({ count });
  if (!addresses.every(isNetwork)) {
    const expected = `addresses and subnets such as 10.0.0.0/8,::1, or how many proxies there are one behind another, up to ${mostProxies}`;
    complain(problems, 'TRUSTED_PROXIES', value, expected);
  }
  return Object.freeze({ addresses: Object.freeze(addresses) });
}

/** RATE_LIMIT and TRUSTED_PROXIES; `isOpen` where calls need no credential. */
export function readRate(env: NodeJS.ProcessEnv, isOpen: boolean, problems: Problems): RateConfig {
  return Object.freeze({
    calls: readRateLimit(env['RATE_LIMIT'], isOpen, problems),
    failedAttempts,
    trustedProxies: readTrustedProxies(env['TRUSTED_PROXIES'], problems),
  });
}
