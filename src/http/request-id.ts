import { randomBytes } from 'node:crypto';

const safeId = /^[\w.-]{1,128}$/;
const own = randomBytes(6).toString('hex');
let count = 0;

/** The id a caller has sent, if it is of `A-Za-z0-9._-` and at most 128 long; else a new one, unlike any other's. */
export function takeRequestId(sent: string | readonly string[] | undefined): string {
  if (typeof sent === 'string' && safeId.test(sent)) return sent;
  return `${own}-${(count += 1).toString(36)}`;
}
