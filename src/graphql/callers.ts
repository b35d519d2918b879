import type { Plugin } from 'graphql-yoga';
import type { Caller } from '../actor.ts';
import type { Authenticate } from '../auth/authenticate.ts';
import type { CallLimit } from '../auth/call-limit.ts';
import type { Door } from '../auth/credentials.ts';
import type { GraphContext } from './context.ts';

/** Finds out who makes a request, and counts it. Throws what `Authenticate` throws, and what `CallLimit` does. */
export type Identify = (request: Request, door: Door) => Promise<Caller>;

/** How long the caller of a subscription is believed, in milliseconds. */
const believedFor = 5_000;

type Identification = {
  readonly identify: Identify;
  /** Who was found to make a request, let in or not. */
  readonly findCaller: (request: Request) => Caller | undefined;
};

/** What is known of a request's caller; nobody is named who was not found. */
type Inquiry = { readonly answer: Promise<Caller>; caller?: Caller };

/** Asks, and counts, once for each request, however often it is asked. */
export function createIdentification(authenticate: Authenticate, calls: CallLimit | undefined): Identification {
  const inquiries = new WeakMap<Request, Inquiry>();
  const inquire = (request: Request, door: Door): Inquiry => {
    const admit = async (): Promise<Caller> => {
      const caller = await authenticate(request, door);
      inquiry.caller = caller;
      calls?.admit(caller);
      return caller;
    };
    const inquiry: Inquiry = { answer: admit() };
    inquiries.set(request, inquiry);
    return inquiry;
  };
  return {
    identify: (request, door) => (inquiries.get(request) ?? inquire(request, door)).answer,
    findCaller: (request) => inquiries.get(request)?.caller,
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

/** What the answer to a request says of its caller's calls, in headers; nothing where nobody knows the caller. */
export type DescribeCalls = (request: Request) => Readonly<Record<string, string>>;

/** Tells callers in every answer of Yoga's how many calls they have left. */
export function useCallsLeft(describeCalls: DescribeCalls): Plugin {
  return {
    onResponse({ request, response }) {
      for (const [name, value] of Object.entries(describeCalls(request))) response.headers.set(name, value);
    },
  };
}
