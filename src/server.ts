import type { RequestListener } from 'node:http';
import { useCSRFPrevention } from '@graphql-yoga/plugin-csrf-prevention';
import { createYoga } from 'graphql-yoga';
import type { Authenticate } from './auth/authenticate.ts';
import type { CallLimit } from './auth/call-limit.ts';
import { notePeer } from './auth/client-address.ts';
import type { Exposure } from './config/exposure.ts';
import { limits } from './contract/limits.ts';
import { createIdentification, useCallers, useCallsLeft } from './graphql/callers.ts';
import { type CreateContext, createContext as createGraphContext } from './graphql/create-context.ts';
import { createDocumentCaches } from './graphql/document-cache.ts';
import { createCostGuard, useDocumentLimits } from './graphql/document-limits.ts';
import { useErrorOrigins } from './graphql/error-origin.ts';
import { maskUnexpected } from './graphql/errors.ts';
import { createGuardedExecution, useGuardedExecution } from './graphql/guarded-execution.ts';
import { useClosedSchema } from './graphql/introspection.ts';
import { useNamedOperations } from './graphql/named-operations.ts';
import type { PersistedOperations } from './graphql/persisted-operations.ts';
import { createScopeGuard } from './graphql/scopes.ts';
import { schema } from './graphql/schema.ts';
import { useSharedReading } from './graphql/shared-reading.ts';
import { ShortWay } from './graphql/short-way.ts';
import { type BodyRoom, createBodyBudget } from './http/body-budget.ts';
import { useBodyLimit } from './http/body-limit.ts';
import { type CorsOrigins, createCors } from './http/cors.ts';
import { useGraphiQL } from './http/graphiql.ts';
import { useHome } from './http/home.ts';
import { useImages } from './http/images.ts';
import { createDirectOperations } from './http/direct-operations.ts';
import { createListener } from './http/listener.ts';
import type { NodeExchange, ServerContext } from './http/node-exchange.ts';
import { createServerLog } from './http/log.ts';
import { type OperatorPages, useOperatorPages } from './http/operator-pages.ts';
import { createRequestObserver } from './http/request-observer.ts';
import { createSecurityHeaders } from './http/security-headers.ts';
import { useUploads } from './http/uploads.ts';
import { answerRest, isRestRequest } from './rest/door.ts';
import type { Services } from './services/services.ts';
import type { BlobStore } from './storage/blob-store.ts';
import type { Figures } from './telemetry/figures.ts';
import type { Log } from './telemetry/log.ts';
import type { Tracing } from './telemetry/tracing.ts';

type ServerDeps = {
  readonly services: Services;
  readonly authenticate: Authenticate;
  /** Counts calls where they are limited. */
  readonly calls: CallLimit | undefined;
  /** Whether calls need a credential. */
  readonly isAuthenticated: boolean;
  readonly now: () => Date;
  readonly blobs: BlobStore;
  readonly publicUrl: string;
  readonly exposure: Exposure;
  /** Whose pages may call GraphQL and read pictures. */
  readonly corsOrigins: CorsOrigins;
  readonly persistedOperations: PersistedOperations;
  readonly telemetry: ServerTelemetry;
  readonly pages: OperatorPages | undefined;
};

/** Who is told of requests. */
export type ServerTelemetry = {
  readonly log: Log;
  /** Whether every request is a line of the log. */
  readonly logsAll: boolean;
  readonly figures: Figures;
  readonly tracing: Tracing | undefined;
};

/** The gateway as Node's listener for requests. */
export type Server = { readonly listener: RequestListener };

const endpoint = '/graphql';

/** Both doors and the images: one ordered list of Yoga's plugins, and the ways past fetch's adapters and past their hooks. */
export function createServer(deps: ServerDeps): Server {
  const { services, authenticate, calls, isAuthenticated, now, blobs, publicUrl, persistedOperations } = deps;
  const { exposure, corsOrigins, telemetry, pages } = deps;
  const { log, logsAll, figures, tracing } = telemetry;
  const serverLog = createServerLog(log);
  const reportFailure = (failure: unknown) => serverLog.error(failure);
  const { identify, findCaller } = createIdentification(authenticate, calls);
  const describeCalls = (request: Request) => {
    const caller = findCaller(request);
    return caller && calls ? calls.describe(caller) : {};
  };
  const { hold, release } = createBodyBudget(limits.connections.bodies);
  const admit: BodyRoom['admit'] = (request, response, bytes) => {
    const caller = findCaller(request);
    if (!caller) throw new Error('A body is about to be read, and nobody knows whose it is.');
    hold({ organizationId: caller.organization.id, bytes, response });
  };
  const contextDeps = { services, identify, calls, publicUrl, reportFailure };
  const createContext: CreateContext = (initial) => createGraphContext(contextDeps, initial);
  const caches = createDocumentCaches();
  const execution = createGuardedExecution(schema, {
    guards: [createScopeGuard(schema), createCostGuard(schema)],
    hidesSuggestions: !exposure.introspection,
    tracer: tracing,
  });
  const shortWay = new ShortWay(schema, execution, caches.documentCache);
  const direct = createDirectOperations({
    path: endpoint,
    maxBytes: limits.graphql.operationBytes,
    identify: (request) => identify(request, 'graphql'),
    admitBody: admit,
    describeCalls,
    createContext,
    shortWay,
  });
  const yoga = createYoga<ServerContext, object>({
    schema,
    graphqlEndpoint: endpoint,
    context: createContext,
    maskedErrors: { maskError: maskUnexpected, isDev: false },
    logging: serverLog,
    cors: false,
    multipart: false,
    extraParamNames: ['documentId'],
    maxRequestBodySize: false,
    parserAndValidationCache: caches,
    landingPage: false,
    graphiql: false,
    plugins: [
      ...(pages ? [useOperatorPages(pages)] : []),
      ...(calls ? [useCallsLeft(describeCalls)] : []),
      useImages(blobs, reportFailure),
      ...(exposure.graphiql ? [useGraphiQL(endpoint, publicUrl, isAuthenticated)] : []),
      useHome(endpoint, exposure.graphiql),
      useCallers({ identify, authenticate, now }),
      useCSRFPrevention({
        requestHeaders: ['x-graphql-yoga-csrf', 'apollo-require-preflight', 'graphql-require-preflight'],
      }),
      useUploads(),
      useBodyLimit(limits.graphql, { admit, release }),
      useDocumentLimits(),
      ...(exposure.introspection ? [] : [useClosedSchema()]),
      useGuardedExecution(execution),
      useErrorOrigins(),
      useSharedReading(services),
      ...(persistedOperations.size > 0 ? [useNamedOperations(persistedOperations)] : []),
      shortWay.plugin,
      direct.plugin,
    ],
  });
  const restDeps = { yoga, createContext, shortWay, describeCalls, admitBody: admit };
  const answerPreflight = createCors(corsOrigins);
  const answer = async (exchange: NodeExchange): Promise<void> => {
    if (answerPreflight(exchange)) return;
    notePeer(exchange.incoming);
    if (isRestRequest(exchange)) await answerRest(exchange, restDeps);
    else if (!(await direct.answer(yoga, exchange))) await yoga(exchange.incoming, exchange.response);
  };
  return {
    listener: createListener((incoming, response) => answer({ incoming, response }), {
      log,
      observe: createRequestObserver({ log, logsAll, count: figures.countRequest }),
      protect: createSecurityHeaders(publicUrl.startsWith('https:')),
      trace: tracing?.traceRequest,
    }),
  };
}
