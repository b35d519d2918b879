import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import type { TrustedProxies } from '../config/rate.ts';

/** Carries the address of who is at the other end of a connection to where only headers are seen. */
const peerHeader = 'x-peer-address';

/** Notes where a request comes from, whatever it says of that itself, for `readNetwork` to read. */
export function notePeer(request: IncomingMessage): void {
  request.headers[peerHeader] = request.socket.remoteAddress ?? '';
}

type Address = ReturnType<typeof ipaddr.process>;

/** IPv4 that is written as IPv6 is taken for IPv4. */
function parseAddress(text: string): Address | undefined {
  const bare = text.trim().replace(/%.*$/, '');
  return isIP(bare) === 0 ? undefined : ipaddr.process(bare);
}

/** Whether to believe what the `index`th from here says of who is behind it. */
type Trust = (address: Address, index: number) => boolean;

function createTrust(trusted: TrustedProxies): Trust {
  if ('count' in trusted) return (_, index) => index < trusted.count;
  const networks = trusted.addresses.map((text) => {
    if (text.includes('/')) return ipaddr.parseCIDR(text);
    const address = ipaddr.process(text);
    return [address, address.toByteArray().length * 8] as [Address, number];
  });
  return (address) => ipaddr.subnetMatch(address, { trusted: networks }, 'other') === 'trusted';
}

/** One who has IPv6 has at least 2 ** 64 addresses. */
function toNetwork(address: Address): string {
  if (address.kind() === 'ipv4') return address.toString();
  return new ipaddr.IPv6([...address.toByteArray().slice(0, 8), 0, 0, 0, 0, 0, 0, 0, 0]).toString();
}

/**
 * Reads of a request's headers where it comes from: an IPv4 address, or the first half of an IPv6 one. X-Forwarded-For is read
 * from the right for as long as trusted proxies wrote it; what is no address there ends it.
 */
export function createNetworkReader(trusted: TrustedProxies): (headers: Headers) => string {
  const isTrusted = createTrust(trusted);
  return (headers) => {
    const forwarded = headers.get('x-forwarded-for')?.split(',') ?? [];
    const peer = parseAddress(headers.get(peerHeader) ?? '');
    if (!peer) return 'unknown';
    let client = peer;
    for (const [index, text] of forwarded.reverse().entries()) {
      const next: Address | undefined = isTrusted(client, index) ? parseAddress(text) : undefined;
      if (!next) break;
      client = next;
    }
    return toNetwork(client);
  };
}
