import type { ServerResponse } from 'node:http';

/** Nothing that is answered is a page, unless it says otherwise itself: no browser is to run, frame or guess at it. */
const always = Object.entries({
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
});

/** A year, which is what browsers ask for before they believe it. */
const overTls = ['strict-transport-security', 'max-age=31536000'] as const;

/** Answers what gives an answer the headers that browsers are kept safe by; what is answered may set others in their place. */
export function createSecurityHeaders(isOverTls: boolean): (response: ServerResponse) => void {
  const headers = isOverTls ? [...always, overTls] : always;
  return (response) => {
    for (const [name, value] of headers) response.setHeader(name, value);
  };
}

/** Of a picture: pages anywhere may show it, and opened by itself it can do nothing. */
export const pictureHeaders = {
  'content-security-policy': "default-src 'none'; sandbox; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'cross-origin',
} as const;
