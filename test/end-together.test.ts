import { once } from 'node:events';
import { type ServerResponse, createServer } from 'node:http';
import { type AddressInfo, type Socket, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { endTogether } from '../src/http/end-together.ts';

/** Gathers so many requests, in the order they were sent, and hands over what answers them. */
async function gather(paths: readonly string[]) {
  const server = createServer();
  const responses = new Map<string, ServerResponse>();
  const complete = new Promise<void>((resolve) => {
    server.on('request', ({ url = '' }, response: ServerResponse) => {
      responses.set(url, response);
      if (responses.size === paths.length) resolve();
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const open = (sent: readonly string[]): Socket => {
    const socket = connect(port, '127.0.0.1');
    for (const path of sent) socket.write(`GET ${path} HTTP/1.1\r\nHost: h\r\nConnection: keep-alive\r\n\r\n`);
    return socket;
  };
  const responseOf = (path: string): ServerResponse => {
    const response = responses.get(path);
    if (!response) throw new Error(`Nobody asked for ${path}.`);
    return response;
  };
  return { server, open, responseOf, complete };
}

/** All bodies that come on a connection until it is closed. */
async function readBodies(socket: Socket): Promise<string[]> {
  const answers = (await text(socket)).split('HTTP/1.1 200 OK').slice(1);
  return answers.map((answer) => answer.slice(answer.indexOf('\r\n\r\n') + 4));
}

function end(response: ServerResponse, body: string): void {
  response.writeHead(200, { 'content-length': Buffer.byteLength(body) });
  endTogether(response, body);
}

describe('answers made by one turn of the event loop', () => {
  it('leave together, each on its own connection', async () => {
    const { server, open, responseOf, complete } = await gather(['/a', '/b']);
    const sockets = [open(['/a']), open(['/b'])];
    await complete;
    end(responseOf('/a'), 'first');
    end(responseOf('/b'), 'zweite: ü');
    expect([responseOf('/a').writableEnded, responseOf('/b').writableEnded]).toEqual([false, false]);
    await Promise.all([once(responseOf('/a'), 'finish'), once(responseOf('/b'), 'finish')]);
    const bodies = sockets.map(readBodies);
    server.closeAllConnections();
    expect(await Promise.all(bodies)).toEqual([['first'], ['zweite: ü']]);
    server.close();
  });

  it('keep the order of the requests of one connection, in whatever order they are made', async () => {
    const { server, open, responseOf, complete } = await gather(['/a', '/b', '/c']);
    const bodies = readBodies(open(['/a', '/b', '/c']));
    await complete;
    end(responseOf('/c'), 'third');
    end(responseOf('/a'), 'first');
    end(responseOf('/b'), 'second');
    await once(responseOf('/c'), 'finish');
    server.closeAllConnections();
    expect(await bodies).toEqual(['first', 'second', 'third']);
    server.close();
  });

  it('leave although the client of one has gone', async () => {
    const { server, open, responseOf, complete } = await gather(['/gone', '/here']);
    const gone = open(['/gone']);
    const bodies = readBodies(open(['/here']));
    await complete;
    const closed = once(responseOf('/gone'), 'close');
    gone.destroy();
    await closed;
    end(responseOf('/gone'), 'nobody reads this');
    end(responseOf('/here'), 'somebody reads this');
    await once(responseOf('/here'), 'finish');
    server.closeAllConnections();
    expect(await bodies).toEqual(['somebody reads this']);
    server.close();
  });
});
