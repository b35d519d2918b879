import { once } from 'node:events';
import { type IncomingMessage, type RequestListener, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { createHttpServer, timeouts } from '../src/http/http-server.ts';

const quick = { ...timeouts, answerTimeout: 1_500, connectionsCheckingInterval: 20 };

/** Serves on a free port while `work` goes on; answers what that answers. */
async function withServer<Answer>(listener: RequestListener, work: (port: number) => Promise<Answer>): Promise<Answer> {
  const { server, close } = createHttpServer(listener, { timeouts: quick });
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
