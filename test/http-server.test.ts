import { once } from 'node:events';
import { type IncomingMessage, type RequestListener, request } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { type HttpServerOptions, createHttpServer, timeouts } from '../src/http/http-server.ts';
import { whenOver } from '../src/http/when-over.ts';

const quick = { ...timeouts, answerTimeout: 1_500, connectionsCheckingInterval: 20 };

/** Serves on a free port while `work` goes on; answers what that answers. */
async function withServer<Answer>(
  listener: RequestListener,
  work: (port: number) => Promise<Answer>,
  options: HttpServerOptions = {},
): Promise<Answer> {
  const { server, close } = createHttpServer(listener, { timeouts: quick, ...options });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  try {
    return await work(typeof address === 'object' && address ? address.port : 0);
  } finally {
    await close(0);
  }
}

/** More than what lies between two processes holds. */
const large = Buffer.alloc(20_000_000);

it.each([
  ['an answer', () => undefined],
  ['a stream, whose socket may be silent', (socket: { setTimeout: (timeout: number) => void }) => socket.setTimeout(0)],
])('ends a connection where nothing of %s is taken', async (_, prepare) => {
  let close = (): void => undefined;
  const closed = new Promise<void>((resolve) => (close = resolve));
  const listener: RequestListener = ({ socket }, response) => {
    response.once('close', close);
    prepare(socket);
    response.end(large);
  };
  await withServer(listener, async (port) => {
    const asking = request({ port, host: '127.0.0.1' }).end();
    asking.on('error', () => undefined);
    await closed;
    asking.destroy();
  });
});

it('leaves a connection alone whose answer takes long to come, or is taken slowly', async () => {
  const listener: RequestListener = (_, response) => {
    void delay(2_500).then(() => response.end(large));
  };
  const received = await withServer(listener, async (port) => {
    const [answer] = (await once(request({ port, host: '127.0.0.1' }).end(), 'response')) as [IncomingMessage];
    let length = 0;
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length < 5_000_000) await delay(5);
    }
    return length;
  });
  expect(received).toBe(large.length);
});

it('cuts off those who leave most of their answers untaken, as long as these are too much together', async () => {
  const over: string[] = [];
  const sizes = new Map([
    ['/small', 1],
    ['/medium', 20_000_000],
    ['/large', 30_000_000],
    ['/least', 10_000_000],
  ]);
  const listener: RequestListener = ({ url = '' }, response) => {
    whenOver(response, () => over.push(url));
    response.end(Buffer.alloc(sizes.get(url) ?? 0));
  };
  const patient = { ...quick, answerTimeout: 600_000 };
  await withServer(
    listener,
    async (port) => {
      const ask = (...paths: readonly string[]) => {
        const asker = connect(port, '127.0.0.1').pause();
        asker.on('error', () => undefined);
        asker.write(paths.map((path) => `GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`).join(''));
        return asker;
      };
      const askers = [ask('/medium'), ask('/large'), ask('/least')];
      await expect.poll(() => over).toEqual(['/large']);
      // One connection counts with all that waits on it.
      askers.push(ask('/least', '/least', '/small'));
      await expect.poll(() => over.slice(1).toSorted()).toEqual(['/least', '/least', '/small']);
      const answer = await fetch(`http://127.0.0.1:${port}/small`);
      expect((await answer.arrayBuffer()).byteLength).toBe(1);
      expect(over).toHaveLength(5);
      for (const asker of askers) asker.destroy();
    },
    { timeouts: patient, mostUnsentBytes: 45_000_000 },
  );
});
