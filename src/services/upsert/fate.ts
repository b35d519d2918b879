import type { UpsertFate } from '../../monitor.ts';
import { CallerGoneError, ServiceUnavailableError } from '../errors.ts';
import type { Settled } from './entry.ts';
import type { Kind, ResultOf } from './model.ts';

/** What the figures say of an entry's end. */
export function fateOf<K extends Kind>(settled: Settled<ResultOf<K>>): UpsertFate {
  if ('result' in settled) return settled.result.ok ? settled.result.outcome : 'refused';
  if (settled.failure instanceof ServiceUnavailableError) return 'unavailable';
  return settled.failure instanceof CallerGoneError ? 'abandoned' : 'failed';
}
