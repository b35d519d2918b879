import { type TrustedProxies, rateLimits } from '../config/rate.ts';
import { texts } from '../contract/errors.ts';
import { ExpiringMap } from '../expiring-map.ts';
import type { RateLimiter } from '../rate-limiter.ts';
import { hashCredential } from './api-key.ts';
import { createNetworkReader } from './client-address.ts';
import { AccessError, RateLimitError } from './errors.ts';

/** Finds out whose a credential is. Throws an AccessError for a bad one. */
export type CheckCredential<Found> = (credential: string, hash: string) => Promise<Found>;

/** Puts a check behind the limit: throws a RateLimitError instead of doing it, or what it throws. */
export type GuardCredentials = <Found>(
  check: CheckCredential<Found>,
) => (credential: string, headers: Headers) => Promise<Found>;

type AttemptsDeps = {
  readonly failures: RateLimiter;
  readonly trustedProxies: TrustedProxies;
  readonly now: () => Date;
};

/**
 * Limits how many bad credentials may come from one place, before anybody is asked about them. A credential that was good before
 * is looked at all the same, and one that was bad a moment ago is refused without counting again, so that who sends garbage takes
 * from others at the same address no more than that their new credentials have to wait.
 */
export function limitAttempts({ failures, trustedProxies, now }: AttemptsDeps): GuardCredentials {
  const good = new ExpiringMap<true>({ lifetime: Infinity, capacity: rateLimits.goodCredentials, now });
  const bad = new ExpiringMap<string>({ lifetime: rateLimits.badFor, capacity: rateLimits.badCredentials, now });
  const readNetwork = createNetworkReader(trustedProxies);

  const noteFailure = (hash: string, error: unknown): boolean => {
    if (!(error instanceof AccessError) || error.code !== 'unauthorized') return false;
    good.delete(hash);
    bad.set(hash, error.message);
    return true;
  };

  /** Counts before it is known, so that many at once are not all let through; what turns out good was not counted. */
  const checkNew = async <Found>(hash: string, headers: Headers, check: () => Promise<Found>): Promise<Found> => {
    const network = readNetwork(headers);
    if (!failures.take(network)) throw new RateLimitError(texts.attemptsUsedUp, failures.look(network).retryAfter);
    try {
      const found = await check();
      failures.refund(network);
      good.set(hash, true);
      return found;
    } catch (error) {
      if (!noteFailure(hash, error)) failures.refund(network);
      throw error;
    }
  };

  const checkKnown = async <Found>(hash: string, check: () => Promise<Found>): Promise<Found> => {
    try {
      return await check();
    } catch (error) {
      noteFailure(hash, error);
      throw error;
    }
  };

  return <Found>(check: CheckCredential<Found>) => {
    const underWay = new Map<string, Promise<Found>>();
    return async (credential, headers) => {
      const hash = hashCredential(credential);
      const sentence = bad.get(hash);
      if (sentence !== undefined) throw new AccessError('unauthorized', sentence);
      const same = underWay.get(hash);
      if (same) return same;
      const run = () => check(credential, hash);
      const checking = good.get(hash) ? checkKnown(hash, run) : checkNew(hash, headers, run);
      underWay.set(hash, checking);
      try {
        return await checking;
      } finally {
        underWay.delete(hash);
      }
    };
  };
}
