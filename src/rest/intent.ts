import { texts } from '../contract/errors.ts';
import { RestError } from './errors.ts';
import { readBoolean } from '../contract/scalars.ts';

/** The caller's intent, as the mutations' arguments. */
export type Intent = {
  readonly mode: 'UPSERT' | 'CREATE_ONLY' | 'UPDATE_ONLY';
  readonly ifVersion: number | null;
  readonly validateOnly: boolean;
};

/** Versions begin at 1: what no record can have. */
const noVersion = 0;
const largestInt = 2_147_483_647;

function invalid(parameter: string): RestError {
  return new RestError('invalid_param_type', texts.invalidType(parameter));
}

/** The version an entity tag stands for; a weak tag, or one that is none of ours, never matches (RFC 9110, 13.1.1). */
function readTag(tag: string): number {
  const version = Number(/^"([1-9]\d{0,9})"$/.exec(tag)?.[1] ?? noVersion);
  return version <= largestInt ? version : noVersion;
}

function readIfMatch(header: string | null): Pick<Intent, 'mode' | 'ifVersion'> {
  const tag = header?.trim();
  if (tag === undefined) return { mode: 'UPSERT', ifVersion: null };
  if (tag === '*') return { mode: 'UPDATE_ONLY', ifVersion: null };
  if (!/^(W\/)?"[^"]*"$/.test(tag)) throw invalid('If-Match');
  return { mode: 'UPSERT', ifVersion: readTag(tag) };
}

function readValidateOnly(url: string): boolean {
  const [, query] = /\?([^#]*)/.exec(url) ?? [];
  if (query === undefined) return false;
  const sent = new URLSearchParams(query).get('validateOnly');
  if (sent === null || sent === '') return false;
  const value = readBoolean(sent);
  if (value === undefined) throw new RestError('invalid_param_type', texts.invalidBoolean('validateOnly'));
  return value;
}

/**
 * What the headers and the query say a form is meant to do: `If-None-Match: *` only to create, `If-Match: "<version>"` only
 * to that version, `If-Match: *` only to update, `?validateOnly=true` nothing but to try. ◊ Throws a RestError for others.
 */
export function readIntent({ headers, url }: Request): Intent {
  const validateOnly = readValidateOnly(url);
  const ifNoneMatch = headers.get('if-none-match');
  const ifMatch = headers.get('if-match');
  if (ifNoneMatch === null) return { ...readIfMatch(ifMatch), validateOnly };
  if (ifNoneMatch.trim() !== '*' || ifMatch !== null) throw invalid('If-None-Match');
  return { mode: 'CREATE_ONLY', ifVersion: null, validateOnly };
}
