import type { Plugin } from 'graphql-yoga';
import type { Caller } from '../actor.ts';
import type { Authenticate } from '../auth/authenticate.ts';
import type { Door } from '../auth/credentials.ts';
import type { GraphContext } from './context.ts';

/** Finds out who makes a request. Throws what `Authenticate` throws. */
export type Identify = (request: Request, door: Door) => Promise<Caller>;

/** How long the caller of a subscription is believed, in milliseconds. */
const believedFor = 5_000;

/** Asks once for each request, however often it is asked. */
export function createIdentification(authenticate: Authenticate): Identify {
  const callers = new WeakMap<Request, Promise<Caller>>();
  return (request, door) => {
    const caller = callers.get(request) ?? authenticate(request, door);
    callers.set(request, caller);
    return caller;
  };
}

/** What comes of `source` as long as `check` throws nothing; then that is thrown, and `source` ended. */
function guard<T>(source: AsyncIterable<T>, check: () => Promise<unknown>): AsyncIterableIterator<T> {
  const iterator = source[Symbol.asyncIterator]();
  const end = async (): Promise<IteratorResult<T>> => {
    await iterator.return?.();
    return { done: true, value: undefined };
  };
  return {
    next: async () => {
      const result = await iterator.next();
      if (result.done) return result;
      try {
        await check();
        return result;
      } catch (error) {
        await end();
        throw error;
      }
    },
    return: end,
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** A check that does its work no more often than every few seconds. */
function rarely(check: () => Promise<unknown>, now: () => Date): () => Promise<void> {
  let last = now().getTime();
  return async () => {
    const at = now().getTime();
    if (Math.abs(at - last) < believedFor) return;
    await check();
    last = at;
  };
}

function isStream(result: object): result is AsyncIterable<object> {
  return Symbol.asyncIterator in result;
}

type CallerDeps = {
  readonly identify: Identify;
  readonly authenticate: Authenticate;
  readonly now: () => Date;
};

/**
 * Lets in whoever may call GraphQL before anything of a body is read; the REST door finds out who calls itself. A subscription
 * ends at the first event after its credential has.
 */
export function useCallers({ identify, authenticate, now }: CallerDeps): Plugin<GraphContext> {
  return {
    async onRequestParse({ request }) {
      await identify(request, 'graphql');
    },
    onSubscribe({ args }) {
      const check = rarely(() => authenticate(args.contextValue.request, 'graphql'), now);
      return {
        onSubscribeResult({ result, setResult }) {
          if (isStream(result)) setResult(guard(result, check));
        },
      };
    },
  };
}
