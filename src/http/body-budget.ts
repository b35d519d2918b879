import type { ServerResponse } from 'node:http';
import { comeAgain, texts } from '../contract/errors.ts';
import { createClientError } from '../graphql/errors.ts';
import { whenOver } from './when-over.ts';

/** How many bytes of bodies there may be at once; `organization` is for each of them, `process` for all together. */
export type BodyShares = { readonly organizationBytes: number; readonly processBytes: number };

/** The body of a request that is about to be read: of whom, as large as it may become, and what answers it. */
type Body = { readonly organizationId: number; readonly bytes: number; readonly response: ServerResponse };

/** Room for the bodies of requests. */
export type BodyBudget = {
  /**
   * Makes room for a body until its answer is sent or its client gone, or more room where it turns out larger than before.
   * Throws what clients are told where there is none; then there is none for the same request later either.
   */
  readonly hold: (body: Body) => void;
  /** Gives the room back before, of a request whose body is not needed any more. */
  readonly release: (response: ServerResponse) => void;
};

/** The same for requests whose callers are known by now. */
export type BodyRoom = {
  readonly admit: (request: Request, response: ServerResponse, bytes: number) => void;
  readonly release: BodyBudget['release'];
};

/** Bytes that are held, by organization. */
class Ledger {
  readonly #shares: BodyShares;
  readonly #held = new Map<number, number>();
  #total = 0;

  constructor(shares: BodyShares) {
    this.#shares = shares;
  }

  hasRoom({ organizationId, bytes }: Body): boolean {
    const { organizationBytes, processBytes } = this.#shares;
    return this.#heldBy(organizationId) + bytes <= organizationBytes && this.#total + bytes <= processBytes;
  }

  add(organizationId: number, bytes: number): void {
    this.#total += bytes;
    const held = this.#heldBy(organizationId) + bytes;
    if (held === 0) this.#held.delete(organizationId);
    else this.#held.set(organizationId, held);
  }

  #heldBy(organizationId: number): number {
    return this.#held.get(organizationId) ?? 0;
  }
}

/** What is known of a request: how much is held for it, and where; or that there was no room. */
type Holding = { readonly body: Body; readonly ledger: Ledger } | 'refused';

/**
 * Keeps what clients send within bounds, however many of them send at once. Bodies of up to `smallBytes` have room of their
 * own, of the same size, so that large ones never keep them out.
 */
export function createBodyBudget({ smallBytes, ...shares }: BodyShares & { readonly smallBytes: number }): BodyBudget {
  const small = new Ledger(shares);
  const large = new Ledger(shares);
  const holdings = new WeakMap<ServerResponse, Holding>();

  const release = (response: ServerResponse) => {
    const holding = holdings.get(response);
    if (!holding || holding === 'refused') return;
    holding.ledger.add(holding.body.organizationId, -holding.body.bytes);
    holdings.delete(response);
  };
  const hold = (body: Body) => {
    const { response, organizationId, bytes } = body;
    const before = holdings.get(response);
    if (before && before !== 'refused' && before.body.bytes >= bytes) return;
    release(response);
    const ledger = bytes <= smallBytes ? small : large;
    if (before === 'refused' || !ledger.hasRoom(body)) {
      holdings.set(response, 'refused');
      throw createClientError('service_unavailable', texts.tooMuchSent, comeAgain);
    }
    ledger.add(organizationId, bytes);
    holdings.set(response, { body, ledger });
    if (!before) whenOver(response, () => release(response));
  };
  return { hold, release };
}

/** The chunks of a body of undeclared length; `admit` is called once it turns out to be no small one. */
export async function* watchSize(
  chunks: AsyncIterable<Uint8Array>,
  smallBytes: number,
  admit: () => void,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of chunks) {
    const wasSmall = bytes <= smallBytes;
    bytes += chunk.byteLength;
    if (wasSmall && bytes > smallBytes) admit();
    yield chunk;
  }
}
