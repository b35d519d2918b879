import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createNetworkReader, notePeer } from '../src/auth/client-address.ts';
import type { TrustedProxies } from '../src/config/rate.ts';

/** Where a request is taken to come from that this peer sends with these headers. */
function readFrom(peer: string | undefined, forwarded?: string, trusted: TrustedProxies = { count: 0 }): string {
  const request = new IncomingMessage(Object.defineProperty(new Socket(), 'remoteAddress', { value: peer }));
  request.headers['x-peer-address'] = '192.0.2.99';
  notePeer(request);
  const headers = new Headers({ 'x-peer-address': request.headers['x-peer-address'] });
  if (forwarded !== undefined) headers.set('x-forwarded-for', forwarded);
  return createNetworkReader(trusted)(headers);
}

const proxies: TrustedProxies = { addresses: ['10.0.0.0/8', '2001:db8:1::1', '192.0.2.7'] };

describe('where a request comes from', () => {
  it.each([
    ['203.0.113.5', '203.0.113.5'],
    ['::ffff:203.0.113.5', '203.0.113.5'],
    ['2001:db8:7:8:9:a:b:c', '2001:db8:7:8::'],
    ['2001:0DB8:7:8::1', '2001:db8:7:8::'],
    ['fe80::1%eth0', 'fe80::'],
    ['::1', '::'],
    [undefined, 'unknown'],
  ])('is, of the connection from %s, %s: a whole network of IPv6', (peer, network) => {
    expect(readFrom(peer)).toBe(network);
  });

  it('is not what the request says of that, unless a trusted proxy has it say so', () => {
    expect(readFrom('203.0.113.5', '198.51.100.1')).toBe('203.0.113.5');
    expect(readFrom('203.0.113.5', '198.51.100.1', proxies)).toBe('203.0.113.5');
    expect(readFrom('10.1.2.3', '198.51.100.1', proxies)).toBe('198.51.100.1');
    expect(readFrom('::ffff:10.1.2.3', '198.51.100.1', proxies)).toBe('198.51.100.1');
  });

  it.each([
    ['1.1.1.1, 198.51.100.1', '198.51.100.1'],
    ['1.1.1.1, 198.51.100.1, 10.9.9.9', '198.51.100.1'],
    ['1.1.1.1,198.51.100.1,2001:db8:1::1 , 192.0.2.7', '198.51.100.1'],
    ['1.1.1.1, 2001:db8:5:6:7::1', '2001:db8:5:6::'],
    ['10.4.4.4, 10.5.5.5', '10.4.4.4'],
    ['1.1.1.1, nonsense', '10.1.2.3'],
    ['1.1.1.1, nonsense, 10.9.9.9', '10.9.9.9'],
    ['', '10.1.2.3'],
  ])('is the last of %j that no trusted proxy has: %s', (forwarded, network) => {
    expect(readFrom('10.1.2.3', forwarded, proxies)).toBe(network);
  });

  it.each([
    [1, '3.3.3.3'],
    [2, '2.2.2.2'],
    [3, '1.1.1.1'],
    [9, '1.1.1.1'],
  ])('is, behind %i proxies one behind another, what the furthest of them saw: %s', (count, network) => {
    expect(readFrom('203.0.113.5', '1.1.1.1, 2.2.2.2, 3.3.3.3', { count })).toBe(network);
  });

  it('cannot be chosen by who is not trusted, whatever it sends', () => {
    const address = fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc.string({ unit: fc.constantFrom('0', '1', '9', 'f', '.', ':', '%', ',', ' ') }),
    );
    fc.assert(
      fc.property(fc.array(address), (sent) => {
        const forwarded = [...sent, '198.51.100.1'].join(', ');
        expect(readFrom('10.1.2.3', forwarded, proxies)).toBe('198.51.100.1');
        expect(readFrom('203.0.113.5', forwarded, proxies)).toBe('203.0.113.5');
      }),
    );
  });
});
