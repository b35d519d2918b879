import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Tracer } from '../monitor.ts';

/** A statement that was executed; `text` without its values. */
type ExecutedStatement = { readonly text: string; readonly milliseconds: number; readonly error?: unknown };

/** Traces of what a process does. Disposing sends what is left. */
export type Tracing = AsyncDisposable &
  Tracer & {
    /** Runs `work` as a request's part of the trace that its `traceparent` names, or of a new one, up to its answer. */
    readonly traceRequest: (request: IncomingMessage, response: ServerResponse, work: () => void) => void;
    /** Puts a statement that has just ended into the trace of the code that executed it. */
    readonly noteStatement: (statement: ExecutedStatement) => void;
  };

/** Starts tracing to that address. All that is needed for it is loaded by this alone. */
export async function openTracing(url: string, nameRoute: (target: string) => string): Promise<Tracing> {
  const { startTracing } = await import('./otlp.ts');
  return startTracing(url, nameRoute);
}
