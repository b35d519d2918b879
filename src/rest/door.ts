import { texts } from '../contract/errors.ts';
import type { DescribeCalls } from '../graphql/callers.ts';
import { limits } from '../contract/limits.ts';
import { noteOrigin } from '../graphql/error-origin.ts';
import { type BodyRoom, watchSize } from '../http/body-budget.ts';
import { type NodeExchange, createBodilessRequest, openNodeBody, readBytes, sendText } from '../http/node-exchange.ts';
import { rawPath } from '../http/raw-path.ts';
import { coerceForm } from './coerce.ts';
import { type RestAnswer, RestError, createServerError, renderError } from './errors.ts';
import {
  type Execute,
  type ExecuteDeps,
  type Yoga,
  fromGraphQLError,
  isGraphQLError,
  prepareExecution,
} from './execute.ts';
import { readIntent } from './intent.ts';
import { type Form, FormError, readForm } from './form.ts';
import { type Route, matchRoute } from './route.ts';

/** What the door works with. */
export type RestDeps = ExecuteDeps & {
  readonly describeCalls: DescribeCalls;
  readonly admitBody: BodyRoom['admit'];
};

type RestRequest = {
  readonly exchange: NodeExchange;
  readonly request: Request;
  readonly execute: Execute;
  readonly admitBody: BodyRoom['admit'];
};

/** The most that is kept of a form, whatever it has beside. */
const keptBytes = limits.form.textBytes + limits.images.fileBytes;

/** Makes room for a form and reads it. One of undeclared length is taken to be small until it turns out not to be. */
async function receiveForm({ exchange, request, admitBody }: RestRequest, fileField: string): Promise<Form> {
  const { incoming, response } = exchange;
  const { 'content-type': contentType = null, 'content-length': length } = incoming.headers;
  const declared = length === undefined ? undefined : Number(length);
  const { smallBytes } = limits.connections.bodies;
  const admit = (bytes: number) => admitBody(request, response, Math.min(bytes, keptBytes));
  admit(declared ?? smallBytes);
  const body = openNodeBody(incoming);
  const chunks =
    declared === undefined && body.chunks ? watchSize(body.chunks, smallBytes, () => admit(keptBytes)) : body.chunks;
  try {
    const readShort = declared !== undefined && declared <= smallBytes ? () => readBytes(incoming) : undefined;
    return await readForm({ contentType, body: chunks, readShort }, { fileField });
  } catch (error) {
    void body.drain(limits.form.bodyBytes);
    if (error instanceof FormError || isGraphQLError(error)) throw error;
    // Anything else is the body's own end: the client went away, or sent less than it declared.
    throw new RestError('invalid_param_type', texts.invalidType('body'));
  }
}

async function answerRoute(route: Route, rest: RestRequest): Promise<RestAnswer> {
  const { request, execute } = rest;
  const { version } = route;
  if (route.kind === 'read') {
    const { body, etag } = await route.resource.read(execute, route.key, version);
    return { status: 200, headers: { ...(etag !== undefined && { etag }) }, body };
  }
  const { upsert, reference } = route;
  const intent = readIntent(request);
  const form = coerceForm(await receiveForm(rest, upsert.fileField), reference, upsert);
  const { body, etag, outcome, warnings } = await upsert.run(execute, form, intent, version);
  const headers = {
    'x-upsert-outcome': outcome,
    ...(etag !== undefined && !intent.validateOnly && { etag }),
    ...(warnings.length > 0 && { 'x-upsert-warnings': warnings.join(', ') }),
  };
  return { status: intent.validateOnly ? 200 : 201, headers, body };
}

function toFailure(error: unknown, request: Request, logger: Yoga['logger']): RestError {
  if (error instanceof RestError) return error;
  if (error instanceof FormError) return new RestError(error.code, error.message);
  if (isGraphQLError(error)) return fromGraphQLError(error);
  noteOrigin(error, request);
  logger.error(error);
  return createServerError();
}

async function answerRequest(deps: RestDeps, exchange: NodeExchange, request: Request): Promise<RestAnswer> {
  const { yoga, admitBody } = deps;
  try {
    const execute = await prepareExecution(deps, { request, door: 'rest', res: exchange.response });
    return await answerRoute(matchRoute(request.method, rawPath(request.url)), {
      exchange,
      request,
      execute,
      admitBody,
    });
  } catch (error) {
    return renderError(toFailure(error, request, yoga.logger));
  }
}

/** Whether a request is for this door. */
export function isRestRequest({ incoming }: NodeExchange): boolean {
  return /^\/api(?:[/?#]|$)/.test(incoming.url ?? '/');
}

/**
 * The old form-POST contract (rulings 1–8): a thin adapter that executes the GraphQL operations and renders their answers. It
 * has no way of its own to the data.
 */
export async function answerRest(exchange: NodeExchange, deps: RestDeps): Promise<void> {
  const { yoga, describeCalls } = deps;
  const request = createBodilessRequest(exchange, yoga.fetchAPI);
  const { status, headers, body } = await answerRequest(deps, exchange, request);
  sendText(exchange.response, {
    status,
    headers: { 'content-type': 'application/json', ...headers, ...describeCalls(request) },
    body: JSON.stringify(body),
  });
}
