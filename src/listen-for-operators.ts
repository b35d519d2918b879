import type { MetricsConfig } from './config/telemetry.ts';
import { createHttpServer } from './http/http-server.ts';
import { type OperatorPages, createOperatorListener } from './http/operator-pages.ts';
import { listen } from './listen.ts';

/**
 * Listens where operators look, if that is a port of its own; answers how to close it. Throws a `ListenError` where that
 * cannot be.
 */
export async function listenForOperators(pages: OperatorPages, metrics: MetricsConfig): Promise<() => Promise<void>> {
  if (metrics.kind !== 'own') return () => Promise.resolve();
  const { server, close } = createHttpServer(createOperatorListener(pages));
  await listen(server, metrics.http, { port: 'METRICS_PORT', host: 'METRICS_HOST' });
  return () => close(0);
}
