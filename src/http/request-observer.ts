import type { IncomingMessage, ServerResponse } from 'node:http';
import { requestIdHeader } from '../graphql/error-origin.ts';
import type { AnsweredRequest } from '../telemetry/figures.ts';
import type { Log } from '../telemetry/log.ts';
import { takeRequestId } from './request-id.ts';
import { nameRoute } from './route-name.ts';

/** Gives a request its id, which its answer carries too, and looks at how it is answered. */
export type RequestObserver = (request: IncomingMessage, response: ServerResponse) => void;

export type ObserverOptions = {
  readonly log: Log;
  /** Whether every request is a line of the log, and not only slow ones. */
  readonly logsAll: boolean;
  readonly count: (request: AnsweredRequest) => void;
};

const slowSeconds = 1;

/** Nobody was there any more to be answered; what nginx says. */
const clientClosed = 499;

const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** A stream of events takes as long as its reader stays, so it is neither slow nor to be measured with the others. */
function isStream(response: ServerResponse): boolean {
  return String(response.getHeader('content-type')).startsWith('text/event-stream');
}

/** Observes requests. An id that is taken over or given stands in the request's headers, for all who come after. */
export function createRequestObserver({ log, logsAll, count }: ObserverOptions): RequestObserver {
  const tell = (requestId: string, answered: AnsweredRequest, isStreaming: boolean): void => {
    const isSlow = answered.seconds >= slowSeconds && !isStreaming;
    if (!isSlow && !logsAll) return;
    const { seconds, ...facts } = answered;
    const line = { requestId, ...facts, milliseconds: Math.round(seconds * 1_000_000) / 1_000 };
    if (isSlow) log.warn(line, 'slow request');
    else log.info(line, 'request');
  };
  return (request, response) => {
    const begun = performance.now();
    const requestId = takeRequestId(request.headers[requestIdHeader]);
    request.headers[requestIdHeader] = requestId;
    response.setHeader(requestIdHeader, requestId);
    const { method = '', url = '' } = request;
    response.once('close', () => {
      const isStreaming = isStream(response);
      const answered = {
        route: `${nameRoute(url)}${isStreaming ? ' (stream)' : ''}`,
        method: methods.has(method) ? method : 'other',
        status: response.headersSent ? response.statusCode : clientClosed,
        seconds: (performance.now() - begun) / 1_000,
      };
      count(answered);
      tell(requestId, answered, isStreaming);
    });
  };
}
