import { HttpConnection } from './http-connection.ts';
import type { Answer } from './parse-answer.ts';
import { type LoadFigures, summarize } from './summarize.ts';

/** A request, and what judges its answer: it throws where that is not the right one. */
export type Exchange = { readonly request: Uint8Array; readonly accept: (answer: Answer) => void };

export type Load = {
  readonly port: number;
  readonly connections: number;
  /** Seconds under load before anything counts. */
  readonly warmUp: number;
  /** Seconds that count. */
  readonly seconds: number;
  readonly next: () => Exchange;
};

/**
 * Keeps every connection busy with one request after another, waits for the last answers, and tells of those that came
 * in the counted time. Throws where an answer is wrong or a connection breaks.
 */
export async function runLoad({ port, connections, warmUp, seconds, next }: Load): Promise<LoadFigures> {
  const open = await Promise.all(Array.from({ length: connections }, () => HttpConnection.open(port)));
  const start = performance.now() + warmUp * 1000;
  const end = start + seconds * 1000;
  const latencies: number[] = [];
  const keepBusy = async (connection: HttpConnection): Promise<void> => {
    let sent = performance.now();
    while (sent < end) {
      const { request, accept } = next();
      const answer = await connection.send(request);
      const received = performance.now();
      accept(answer);
      if (received >= start && received < end) latencies.push(received - sent);
      sent = performance.now();
    }
  };
  try {
    await Promise.all(open.map(keepBusy));
  } finally {
    for (const connection of open) connection.close();
  }
  return summarize(latencies, seconds);
}
