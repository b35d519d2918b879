import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { takeRequestId } from '../src/http/request-id.ts';
import { nameRoute } from '../src/http/route-name.ts';
import { resources } from '../src/rest/resources.ts';

describe('the name of a route', () => {
  it('tells every collection of the REST door, whatever the version', () => {
    for (const [collection, { upsert }] of resources) {
      expect(nameRoute(`/api/v1.0/${collection}/7?validateOnly=true`)).toBe(`/api/${collection}/{id}`);
      const byReference = `/api/${collection}/reference/{reference}`;
      if (upsert) expect(nameRoute(`/api/v2/${collection}/reference/Marie%20C`)).toBe(byReference);
    }
  });

  it.each([
    ['/graphql?query=x', '/graphql'],
    ['/', '/'],
    ['/?x', '/'],
    ['/livez', '/livez'],
    ['/api/v1.0/unknown/7', '/api'],
    ['/api/v1.0/customers/7/8/9', '/api'],
    ['/apiary', 'other'],
    ['/acme/photoCustomer/small_x.png', '/{organization}/photoCustomer/{file}'],
    ['/acme/photoCustomerCategory/x.png', '/{organization}/photoCustomerCategory/{file}'],
    ['/acme/other/x.png', 'other'],
  ])('calls %s %s', (target, name) => {
    expect(nameRoute(target)).toBe(name);
  });

  it('is one of few, whatever a client asks for', () => {
    const segment = fc.oneof(
      fc.constantFrom('api', 'v1.0', 'customers', 'reference', 'photoCustomer', ''),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(segment, { maxLength: 6 }), (segments) => {
        expect(nameRoute(`/${segments.join('/')}`)).toMatch(
          /^(other|\/|\/(graphql|livez|readyz|metrics|api)|\/api\/\w+\/(\{id\}|reference\/\{reference\})|\/\{organization\}\/\w+\/\{file\})$/,
        );
      }),
    );
  });
});

describe('the id of a request', () => {
  it('is the caller’s if it can stand in a header and a log, else one of ours, never the same twice', () => {
    fc.assert(
      fc.property(fc.string(), (sent) => {
        const id = takeRequestId(sent);
        expect(id).toMatch(/^[A-Za-z0-9._-]{1,128}$/);
        expect(id === sent).toBe(/^[A-Za-z0-9._-]{1,128}$/.test(sent));
        expect(takeRequestId(undefined)).not.toBe(takeRequestId(undefined));
      }),
    );
  });
});
