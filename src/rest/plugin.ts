import type { Plugin, YogaServerInstance } from 'graphql-yoga';
import { texts } from '../contract/errors.ts';
import { noteOrigin } from '../graphql/error-origin.ts';
import { type RequestBody, openBody } from '../http/body.ts';
import { type NodeExchange, createBodilessRequest, openNodeBody, sendText } from '../http/node-exchange.ts';
import { rawPath } from '../http/raw-path.ts';
import { coerceForm } from './coerce.ts';
import { type RestAnswer, RestError, createServerError, renderError } from './errors.ts';
import { type Execute, type Yoga, prepareExecution } from './execute.ts';
import { readIntent } from './intent.ts';
import { type Form, FormError, formLimits, readForm } from './form.ts';
import { type Route, matchRoute } from './route.ts';

/** What is asked, and the body behind it. */
type RestRequest = { readonly request: Request; readonly openBody: () => RequestBody };

async function receiveForm({ request, openBody }: RestRequest, fileField: string): Promise<Form> {
  const body = openBody();
  try {
    return await readForm({ contentType: request.headers.get('content-type'), body: body.chunks }, { fileField });
  } catch (error) {
    void body.drain(formLimits.bodyBytes);
    // Anything else is the body's own end: the client went away, or sent less than it declared.
    throw error instanceof FormError ? error : new RestError('invalid_param_type', texts.invalidType('body'));
  }
}

async function answerRoute(route: Route, restRequest: RestRequest, execute: Execute): Promise<RestAnswer> {
  const { version } = route;
  if (route.kind === 'read') {
    const { body, etag } = await route.resource.read(execute, route.key, version);
    return { status: 200, headers: { ...(etag !== undefined && { etag }) }, body };
  }
  const { upsert, reference } = route;
  const intent = readIntent(restRequest.request);
  const form = coerceForm(await receiveForm(restRequest, upsert.fileField), reference, upsert);
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
  noteOrigin(error, request);
  logger.error(error);
  return createServerError();
}

async function answerRequest(yoga: Yoga, restRequest: RestRequest, serverContext: object): Promise<RestAnswer> {
  const { request } = restRequest;
  try {
    const execute = await prepareExecution(yoga, { ...serverContext, request, params: {}, door: 'rest' });
    return await answerRoute(matchRoute(request.method, rawPath(request.url)), restRequest, execute);
  } catch (error) {
    return renderError(toFailure(error, request, yoga.logger));
  }
}

function isRestPath(path: string): boolean {
  return path === '/api' || path.startsWith('/api/');
}

/**
 * The old form-POST contract (rulings 1–8): a thin adapter that executes the GraphQL operations and renders their
 * answers. It has no way of its own to the data.
 */
export function useRestContract(): Plugin {
  let yoga: Yoga | undefined;
  return {
    onYogaInit(init) {
      yoga = init.yoga;
    },
    async onRequest(event) {
      const { request, serverContext, fetchAPI } = event;
      if (!yoga || !isRestPath(rawPath(request.url))) return;
      const restRequest = { request, openBody: () => openBody(request) };
      const { body, ...init } = await answerRequest(yoga, restRequest, serverContext);
      event.endResponse(fetchAPI.Response.json(body, init));
    },
  };
}

/** Answers the same from Node's own request, without fetch's streams and adapters; undefined for requests of another kind. */
export function answerRestDirectly(
  yoga: Yoga & Pick<YogaServerInstance<object, object>, 'fetchAPI'>,
  exchange: NodeExchange,
): Promise<void> | undefined {
  const { incoming, response } = exchange;
  if (!isRestPath(rawPath(incoming.url ?? '/'))) return undefined;
  const request = createBodilessRequest(exchange, yoga.fetchAPI);
  const restRequest = { request, openBody: () => openNodeBody(incoming) };
  return answerRequest(yoga, restRequest, { req: incoming, res: response }).then(({ status, headers, body }) => {
    sendText(response, {
      status,
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
  });
}
