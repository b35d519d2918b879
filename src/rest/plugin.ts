import type { Plugin, YogaServer } from 'graphql-yoga';
import { texts } from '../contract/errors.ts';
import { openBody } from '../http/body.ts';
import { rawPath } from '../http/raw-path.ts';
import { coerceForm } from './coerce.ts';
import { type AnswerJson, RestError, createServerError, renderError } from './errors.ts';
import { type Execute, prepareExecution, toRestError } from './execute.ts';
import { type Form, FormError, formLimits, readForm } from './form.ts';
import { type Route, matchRoute } from './route.ts';

type ReadRoute = Extract<Route, { kind: 'read' }>;
type UpsertRoute = Extract<Route, { kind: 'upsert' }>;

async function read(
  { resource, key, sent, version }: ReadRoute,
  execute: Execute,
  answer: AnswerJson,
): Promise<Response> {
  const { record } = await execute(resource.query, resource.variables(key));
  if (!record) throw new RestError('not_found', texts.notFound(resource.noun, sent));
  return answer(resource.render(record, version));
}

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

async function upsert(route: UpsertRoute, request: Request, execute: Execute, answer: AnswerJson): Promise<Response> {
  const { resource, reference, version } = route;
  const { fileField, mutation } = route.upsert;
  const form = await receiveForm(request, fileField);
  const { input, problems, referencesMayBeIds } = coerceForm(form, reference, route.upsert);
  const { result } = await execute(mutation, { input }, { problems, referencesMayBeIds });
  const [error] = result?.errors ?? [];
  if (error) throw toRestError(error.code, error.message);
  if (!result?.record) throw new Error('An upsert answered neither a record nor an error.');
  const warnings = (result.warnings ?? []).map(({ code }) => code.toLowerCase());
  const headers = {
    'x-upsert-outcome': result.outcome?.toLowerCase() ?? '',
    ...(warnings.length > 0 && { 'x-upsert-warnings': warnings.join(', ') }),
  };
  return answer(resource.render(result.record, version), { status: 201, headers });
}

function toFailure(error: unknown, logger: YogaServer<object, object>['logger']): RestError {
  if (error instanceof RestError) return error;
  if (error instanceof FormError) return new RestError(error.code, error.message);
  logger.error(error);
  return createServerError();
}

/**
 * The old form-POST contract (shared contract pages, rulings 1–8): a thin adapter that executes the GraphQL operations
 * and renders their answers. It has no way of its own to the data.
 */
export function useRestContract(): Plugin {
  let yoga: YogaServer<object, object>;
  return {
    onYogaInit(init) {
      yoga = init.yoga;
    },
    async onRequest({ request, serverContext, endResponse, fetchAPI }) {
      const path = rawPath(request.url);
      if (path !== '/api' && !path.startsWith('/api/')) return;
      const answer: AnswerJson = (body, init) => fetchAPI.Response.json(body, init);
      try {
        const execute = await prepareExecution(yoga, { ...serverContext, request, params: {} });
        const route = matchRoute(request.method, path);
        endResponse(
          await (route.kind === 'read' ? read(route, execute, answer) : upsert(route, request, execute, answer)),
        );
      } catch (error) {
        endResponse(renderError(toFailure(error, yoga.logger), answer));
      }
    },
  };
}
