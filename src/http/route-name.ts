const rest =
  /^\/api\/v\d+(?:\.\d+)?\/(customers|customerCategories|users|paymentTypes|customerSegmentations|regions)\/(reference\/)?[^/]+$/;
const image = /^\/[^/]+\/(photoCustomer|photoCustomerCategory)\/[^/]+$/;

/** Addresses of which there is one each. */
const pages: ReadonlySet<string> = new Set(['/', '/graphql', '/livez', '/readyz', '/metrics']);

/**
 * What a request's target is called in figures and logs: one of a few names, so that clients can neither fill the figures
 * with names of theirs nor write references of customers into a log.
 */
export function nameRoute(target: string): string {
  const end = target.search(/[?#]/);
  const path = end < 0 ? target : target.slice(0, end);
  if (pages.has(path)) return path;
  const [, collection, byReference] = rest.exec(path) ?? [];
  if (collection !== undefined)
    return `/api/${collection}/${byReference === undefined ? '{id}' : 'reference/{reference}'}`;
  if (path === '/api' || path.startsWith('/api/')) return '/api';
  const [, folder] = image.exec(path) ?? [];
  return folder === undefined ? 'other' : `/{organization}/${folder}/{file}`;
}
