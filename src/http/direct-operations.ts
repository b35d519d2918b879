import type { ExecutionResult } from 'graphql';
import type { GraphQLParams, Plugin, YogaServerInstance } from 'graphql-yoga';
import type { DescribeCalls } from '../graphql/callers.ts';
import type { CreateContext } from '../graphql/create-context.ts';
import { isObject } from '../graphql/is-object.ts';
import { type ShortWay, isPlain } from '../graphql/short-way.ts';
import type { BodyRoom } from './body-budget.ts';
import { type NodeExchange, type ServerContext, createBodilessRequest, readBytes, sendText } from './node-exchange.ts';
import { parseJson } from './parse-json.ts';

type Result = ExecutionResult | AsyncIterable<ExecutionResult>;

/** How far a request has come when Yoga is to answer it after all. */
type Handover = {
  readonly request: Request;
  readonly body: string | undefined;
  readonly result: Result | undefined;
};

/** The part of Yoga that is asked directly. */
type Yoga = Pick<YogaServerInstance<ServerContext, object>, 'getResultForParams' | 'fetchAPI'>;

export type DirectOptions = {
  readonly path: string;
  /** The largest body, as its length is declared. */
  readonly maxBytes: number;
  /** Lets the caller in before the body is read. */
  readonly identify: (request: Request) => Promise<unknown>;
  readonly admitBody: BodyRoom['admit'];
  readonly describeCalls: DescribeCalls;
  readonly createContext: CreateContext;
  readonly shortWay: Pick<ShortWay, 'find' | 'execute' | 'noteValid'>;
};

/** The direct way for operations. The plugin has to be Yoga's last one. */
export type DirectOperations = {
  readonly plugin: Plugin;
  /** Resolves to whether the request is answered: what is not, Yoga has to. Undefined for requests of another kind. */
  readonly answer: (yoga: Yoga, exchange: NodeExchange) => Promise<boolean> | undefined;
};

const json = 'application/json';
const graphqlJson = 'application/graphql-response+json';

/** What clients accept who all get the same JSON, and what it is called for them. */
const answerTypes = new Map<string | undefined, string>([
  [undefined, json],
  ['*/*', json],
  [json, json],
  [`${json}, text/plain, */*`, json],
  [graphqlJson, graphqlJson],
  [`${graphqlJson}, ${json}`, graphqlJson],
  [`${graphqlJson},${json};q=0.9`, graphqlJson],
]);

const jsonTypes: ReadonlySet<string | undefined> = new Set([json, `${json}; charset=utf-8`]);

/** How the answer to an operation in JSON is called; undefined for requests that are not one of those. */
function findAnswerType({ incoming }: NodeExchange, { path, maxBytes }: DirectOptions): string | undefined {
  const { method, url, headers } = incoming;
  const isOperation = method === 'POST' && url === path && jsonTypes.has(headers['content-type']);
  return isOperation && Number(headers['content-length']) <= maxBytes ? answerTypes.get(headers.accept) : undefined;
}

function isParams(value: unknown): value is GraphQLParams {
  return isObject(value);
}

/**
 * Answers operations sent as JSON from Node's own request, which is nearly all of them: what was met before by the short way,
 * the others by Yoga's plugins, parser and executor, but without fetch's streams and adapters, which cost as much as all the
 * rest. Whatever is not plain data in the end, or does not get that far, is handed to Yoga with what has come of it, so that
 * only Yoga tells of errors.
 */
export function createDirectOperations(options: DirectOptions): DirectOperations {
  const exchanges = new WeakMap<object, Handover>();
  const requests = new WeakMap<Request, Handover>();
  const { shortWay, createContext } = options;

  const executeParams = async (
    yoga: Yoga,
    { incoming: req, response: res }: NodeExchange,
    { params, request }: { readonly params: GraphQLParams; readonly request: Request },
  ): Promise<Result | undefined> => {
    const known = shortWay.find(params);
    const quick = known && (await shortWay.execute(known, await createContext({ request, res })));
    if (quick) return quick;
    const result = await yoga.getResultForParams({ params, request }, { req, res });
    if (!known && result && isPlain(result)) shortWay.noteValid(params);
    return result;
  };
  const execute = async (yoga: Yoga, exchange: NodeExchange): Promise<Handover> => {
    const { incoming, response } = exchange;
    const request = createBodilessRequest(exchange, yoga.fetchAPI);
    let body: string | undefined;
    try {
      await options.identify(request);
      options.admitBody(request, response, Number(incoming.headers['content-length']));
      body = (await readBytes(incoming)).toString();
      const params = parseJson(body);
      if (!isParams(params)) return { request, body, result: undefined };
      return { request, body, result: await executeParams(yoga, exchange, { params, request }) };
    } catch {
      // Who is not let in, or not now, and parameters that are none, are refused again by Yoga. What was executed it meets.
      return { request, body, result: undefined };
    }
  };
  const run = async (yoga: Yoga, exchange: NodeExchange, answerType: string): Promise<boolean> => {
    const executed = await execute(yoga, exchange);
    const { request, result } = executed;
    if (!result || !isPlain(result)) {
      exchanges.set(exchange.incoming, executed);
      requests.set(request, executed);
      return false;
    }
    const headers = { 'content-type': `${answerType}; charset=utf-8`, ...options.describeCalls(request) };
    sendText(exchange.response, { status: 200, headers, body: JSON.stringify(result) });
    return true;
  };
  return {
    plugin: {
      onRequest(event) {
        const handover = 'req' in event.serverContext && exchanges.get(event.serverContext.req as object);
        if (handover) event.setRequest(handover.request);
      },
      onRequestParse({ request, requestParser, setRequestParser, fetchAPI }) {
        const body = requests.get(request)?.body;
        if (body === undefined || !requestParser) return;
        const { url, method, headers } = request;
        setRequestParser(() => requestParser(new fetchAPI.Request(url, { method, headers, body })));
      },
      onParams({ request, setResult }) {
        const result = requests.get(request)?.result;
        if (result) setResult(result);
      },
    },
    answer: (yoga, exchange) => {
      const answerType = findAnswerType(exchange, options);
      return answerType === undefined ? undefined : run(yoga, exchange, answerType);
    },
  };
}
