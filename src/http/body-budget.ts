import type { ServerResponse } from 'node:http';
import { comeAgain, texts } from '../contract/errors.ts';
import { createClientError } from '../graphql/errors.ts';

/** How many bytes of bodies there may be at once; `organization` is for each of them, `process` for all together. */
export type BodyShares = { readonly organizationBytes: number; readonly processBytes: number };

/** The body of a request that is about to be read: of whom, as large as it may become, and what answers it. */
type Body = { readonly organizationId: number; readonly bytes: number; readonly response: ServerResponse };

/**
 * Makes room for a body until its answer is sent or its client gone. Throws what clients are told where there is none.
 * The same response gets the same answer, however often it is asked for.
 */
export type HoldBody = (body: Body) => void;

/** The same for the body of a request whose caller is known by now. */
export type AdmitBody = (request: Request, response: ServerResponse, bytes: number) => void;

/** Bytes that are held, by organization. */
class Ledger {
  readonly #shares: BodyShares;
  readonly #held = new Map<number, number>();
  #total = 0;

  constructor(shares: BodyShares) {
    this.#shares = shares;
  }

  hasRoom(organizationId: number, bytes: number): boolean {
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

/**
 * Keeps what clients send within bounds, however many of them send at once. Bodies of up to `smallBytes` have room of their
 * own, of the same size, so that large ones never keep them out.
 */
export function createBodyBudget({ smallBytes, ...shares }: BodyShares & { readonly smallBytes: number }): HoldBody {
  const small = new Ledger(shares);
  const large = new Ledger(shares);
  const refused = new WeakMap<ServerResponse, boolean>();
  const admit = ({ organizationId, bytes, response }: Body): boolean => {
    const ledger = bytes <= smallBytes ? small : large;
    if (!ledger.hasRoom(organizationId, bytes)) return false;
    ledger.add(organizationId, bytes);
    response.once('close', () => ledger.add(organizationId, -bytes));
    return true;
  };
  return (body) => {
    const isRefused = refused.get(body.response) ?? !admit(body);
    refused.set(body.response, isRefused);
    if (isRefused) throw createClientError('service_unavailable', texts.tooMuchSent, comeAgain);
  };
}
