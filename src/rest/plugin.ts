import type { Plugin } from 'graphql-yoga';
import { texts } from '../contract/errors.ts';
import { noteOrigin } from '../graphql/error-origin.ts';
import { openBody } from '../http/body.ts';
import { rawPath } from '../http/raw-path.ts';
import { coerceForm } from './coerce.ts';
import { type AnswerJson, RestError, createServerError, renderError } from './errors.ts';
import { type Execute, type Yoga, prepareExecution } from './execute.ts';
import { readIntent } from './intent.ts';
import { type Form, FormError, formLimits, readForm } from './form.ts';
import { type Route, matchRoute } from './route.ts';

async function receiveForm(request: Request, fileField: string): Promise<Form> {
  const body = openBody(request);
  try {
    return await readForm({ contentType: request.headers.get('content-type'), body: body.chunks }, { fileField });
  } catch (error) {
    void body.drain(formLimits.bodyBytes);
    // Anything else is the body's own end: the client went away, or sent less than it declared.
    throw error instanceof FormError ? error : new RestError('invalid_param_type', texts.invalidType('body'));
  }
}

async function answerRoute(route: Route, request: Request, execute: Execute, answer: AnswerJson): Promise<Response> {
  const { version } = route;
  if (route.kind === 'read') {
    const { body, etag } = await route.resource.read(execute, route.key, version);
    return answer(body, { headers: { ...(etag !== undefined && { etag }) } });
  }
  const { upsert, reference } = route;
  const intent = readIntent(request);
  const form = coerceForm(await receiveForm(request, upsert.fileField), reference, upsert);
  const { body, etag, outcome, warnings } = await upsert.run(execute, form, intent, version);
  const headers = {
    'x-upsert-outcome': outcome,
    ...(etag !== undefined && !intent.validateOnly && { etag }),
    ...(warnings.length > 0 && { 'x-upsert-warnings': warnings.join(', ') }),
  };
  return answer(body, { status: intent.validateOnly ? 200 : 201, headers });
}

function toFailure(error: unknown, request: Request, logger: Yoga['logger']): RestError {
  if (error instanceof RestError) return error;
  if (error instanceof FormError) return new RestError(error.code, error.message);
  noteOrigin(error, request);
  logger.error(error);
  return createServerError();
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
      const path = rawPath(request.url);
      if (!yoga || (path !== '/api' && !path.startsWith('/api/'))) return;
      const answer: AnswerJson = (body, init) => fetchAPI.Response.json(body, init);
      try {
        const execute = await prepareExecution(yoga, { ...serverContext, request, params: {}, door: 'rest' });
        event.endResponse(await answerRoute(matchRoute(request.method, path), request, execute, answer));
      } catch (error) {
        event.endResponse(renderError(toFailure(error, request, yoga.logger), answer));
      }
    },
  };
}
