import { once } from 'node:events';
import { type IncomingMessage, type RequestListener, request } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { type HttpServerOptions, createHttpServer, timeouts } from '../src/http/http-server.ts';

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

it('cuts off those who have waited longest to take their answers, as long as these are too much together', async () => {
  const left: string[] = [];
  const listener: RequestListener = ({ url = '' }, response) => {
    response.once('close', () => left.push(url));
    response.end(url === '/small' ? 'small' : large);
  };
  const patient = { ...quick, answerTimeout: 600_000 };
  await withServer(
    listener,
    async (port) => {
      const askers = [];
      for (const name of ['/first', '/second', '/third', '/fourth']) {
        const asker = connect(port, '127.0.0.1').pause();
        asker.on('error', () => undefined);
        asker.write(`GET ${name} HTTP/1.1\r\nhost: x\r\n\r\n`);
        askers.push(asker);
        // Who came before is seen to wait before the next comes.
        await delay(200);
      }
      await expect.poll(() => left).toEqual(['/first', '/second']);
      const answer = await fetch(`http://127.0.0.1:${port}/small`);
      expect(await answer.text()).toBe('small');
      await delay(200);
      expect(left).toEqual(['/first', '/second', '/small']);
      for (const asker of askers) asker.destroy();
    },
    { timeouts: patient, mostUnsentBytes: 2.5 * large.length },
  );
});
