import type { AuthConfig } from './auth.ts';
import { type Problems, complain } from './problems.ts';
import { parseUrl } from './url.ts';

/** Whose pages may call: those of the origins, or of `any`. */
export type CorsConfig = { readonly origins: readonly string[] | 'any' };

function isOrigin(text: string): boolean {
  return !text.includes('*') && parseUrl(text, ['http:', 'https:'])?.origin === text;
}

/**
 * CORS_ORIGINS: the origins whose pages may call GraphQL and read pictures, none unless told. All may with `*`, where a call
 * brings a credential: without one any page open in a browser here could do everything.
 */
export function readCors(value: string | undefined, auth: AuthConfig, problems: Problems): CorsConfig {
  const texts = (value ?? '').split(',').map((text) => text.trim());
  const origins = texts.filter((text) => text !== '');
  if (origins.includes('*')) {
    const isAlone = origins.length === 1;
    if (!isAlone || auth.kind === 'off') {
      const expected = isAlone
        ? 'a list of origins, since AUTH is off: * would let every page do everything'
        : '* alone, or a list of origins';
      complain(problems, 'CORS_ORIGINS', value ?? '', expected);
    }
    return Object.freeze({ origins: 'any' });
  }
  if (!origins.every(isOrigin)) {
    const expected = '*, or a list of origins such as https://app.example.com,http://localhost:5173';
    complain(problems, 'CORS_ORIGINS', value ?? '', expected);
  }
  return Object.freeze({ origins: Object.freeze(origins) });
}
