import { AsyncLocalStorage } from 'node:async_hooks';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type Attributes,
  type Context,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  defaultTextMapGetter,
  trace,
} from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { TraceStep } from '../monitor.ts';
import { describeError } from './describe-error.ts';
import type { Tracing } from './tracing.ts';

/** How long a process that ends waits for its last spans to be taken, in milliseconds. */
const longestFlush = 2_000;

/** Long texts are bulk statements: what makes them long is a list of rows' places. */
const longestStatement = 2_000;

function createProvider(url: string): BasicTracerProvider {
  const named = resourceFromAttributes({ 'service.name': 'customer-gateway' });
  const resource = defaultResource()
    .merge(named)
    .merge(detectResources({ detectors: [envDetector] }));
  return new BasicTracerProvider({
    resource,
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter({ url }))],
  });
}

/** No message: a database's quotes rows. */
function fail(span: Span, error: unknown): void {
  const { type, code } = describeError(error);
  span.setAttribute('error.type', typeof code === 'string' ? code : type);
  span.setStatus({ code: SpanStatusCode.ERROR });
}

/** One place for each span, so that a span is found by the place of its work. */
class Place {
  readonly context: Context;

  constructor(context: Context) {
    this.context = context;
  }
}

function findContext(place: object | undefined): Context | undefined {
  return place instanceof Place ? place.context : undefined;
}

/**
 * Sends traces to a collector by OTLP over HTTP. Spans are made by hand at the few places worth seeing, since instrumenting
 * libraries would have to load before them. Which trace code belongs to is kept here, so nothing of it is global.
 */
export function startTracing(url: string, nameRoute: (target: string) => string): Tracing {
  const provider = createProvider(url);
  const tracer = provider.getTracer('customer-gateway');
  const propagator = new W3CTraceContextPropagator();
  const places = new AsyncLocalStorage<Place>();
  const current = (): Context => places.getStore()?.context ?? ROOT_CONTEXT;

  const linkBack = (origins: readonly Context[], span: Span): void => {
    for (const origin of origins) trace.getSpan(origin)?.addLink({ context: span.spanContext() });
  };

  const step = async <Answer>(
    { name, attributes, origins = [] }: TraceStep,
    work: () => Promise<Answer> | Answer,
  ): Promise<Answer> => {
    const [first = current(), ...others] = origins.flatMap((place) => findContext(place) ?? []);
    const links = others.flatMap((other) => trace.getSpanContext(other) ?? []).map((context) => ({ context }));
    const span = tracer.startSpan(name, { links, ...(attributes && { attributes: { ...attributes } }) }, first);
    linkBack(others, span);
    try {
      return await places.run(new Place(trace.setSpan(first, span)), work);
    } catch (error) {
      fail(span, error);
      throw error;
    } finally {
      span.end();
    }
  };

  const traceRequest = (request: IncomingMessage, response: ServerResponse, work: () => void): void => {
    const { method = '', url: target = '', headers } = request;
    const route = nameRoute(target);
    const attributes: Attributes = { 'http.request.method': method, 'http.route': route };
    const parent = propagator.extract(ROOT_CONTEXT, headers, defaultTextMapGetter);
    const span = tracer.startSpan(`${method} ${route}`, { kind: SpanKind.SERVER, attributes }, parent);
    response.once('close', () => {
      span.setAttribute('http.response.status_code', response.statusCode);
      if (response.statusCode >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    });
    const { 'x-request-id': requestId } = headers;
    if (typeof requestId === 'string') span.setAttribute('request.id', requestId);
    places.run(new Place(trace.setSpan(parent, span)), work);
  };

  return {
    findPlace: () => places.getStore(),
    trace: step,
    traceRequest,
    noteStatement: ({ text, milliseconds, error }) => {
      const end = Date.now();
      const attributes: Attributes = {
        'db.system.name': 'postgresql',
        'db.query.text': text.slice(0, longestStatement),
      };
      const options = { kind: SpanKind.CLIENT, attributes, startTime: end - milliseconds };
      const span = tracer.startSpan(`sql ${/\w+/.exec(text)?.[0].toLowerCase() ?? ''}`, options, current());
      if (error !== undefined) fail(span, error);
      span.end(end);
    },
    [Symbol.asyncDispose]: async () => {
      // A collector that is gone must not keep the process.
      await Promise.race([provider.shutdown().catch(() => undefined), delay(longestFlush, undefined, { ref: false })]);
    },
  };
}
