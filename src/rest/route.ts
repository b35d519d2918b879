import { texts } from '../contract/errors.ts';
import { normalizeId } from '../contract/ids.ts';
import { normalizeReference } from '../contract/references.ts';
import { RestError } from './errors.ts';
import { type AddressKey, type Resource, type UpsertResource, resources } from './resources.ts';

/** What a request asks for; `version` is spelled as it was sent (ruling 1). */
export type Route =
  | { readonly kind: 'upsert'; readonly version: string; readonly upsert: UpsertResource; readonly reference: string }
  | { readonly kind: 'read'; readonly version: string; readonly resource: Resource; readonly key: AddressKey };

const noAddress = () => new RestError('not_found', texts.noAddress);

function requireMethod(method: string, allowed: readonly string[]): void {
  if (allowed.includes(method)) return;
  const allow = allowed.join(', ');
  throw new RestError('method_not_allowed', texts.methodNotAllowed(allow), { allow });
}

function decodeSegment(segment: string, parameter: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new RestError('invalid_param_type', texts.invalidType(parameter));
  }
}

/**
 * Tells what a request under `/api/` asks for. Throws a RestError: 404 for an address there is none of, 405 with `Allow`,
 * 400 for a reference that is missing, blank or badly escaped (rulings 1, 2, 7) and for an id that is none.
 */
export function matchRoute(method: string, path: string): Route {
  const [, , version = '', collection = '', first, second, ...rest] = path.split('/');
  const resource = resources.get(collection);
  if (!/^v\d+(\.\d+)?$/.test(version) || !resource || first === undefined || rest.length > 0) throw noAddress();
  const reads = ['GET', 'HEAD'];
  if (first === 'reference' && resource.upsert) {
    requireMethod(method, [...reads, 'POST']);
    const reference = decodeSegment(second ?? '', 'reference');
    const normalized = normalizeReference(reference);
    if (normalized === undefined) throw new RestError('invalid_param_type', texts.invalidType('reference'));
    if (normalized === '') throw new RestError('missing_param', texts.missing('reference'));
    return method === 'POST'
      ? { kind: 'upsert', version, upsert: resource.upsert, reference }
      : { kind: 'read', version, resource, key: { by: { reference }, sent: reference } };
  }
  if (second !== undefined) throw noAddress();
  requireMethod(method, reads);
  const sent = decodeSegment(first, 'id');
  const id = normalizeId(sent);
  if (id === undefined) throw new RestError('invalid_param_type', texts.invalidType('id'));
  return { kind: 'read', version, resource, key: { by: { id }, sent } };
}
