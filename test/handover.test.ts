import { ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type Server, createServer } from 'node:net';
import { expect, it } from 'vitest';
import { cutOffForgotten } from '../src/workers/handover.ts';

/** A process that answers, as a worker of Node's cluster, for the handovers of even numbers, and says when it has seen the last. */
function startAnswering(last: number): ChildProcess {
  const program = `process.on('internalMessage', ({ seq }) => {
    if (seq % 2 === 0) process.send({ cmd: 'NODE_CLUSTER', ack: seq, accepted: false });
    if (seq === ${last}) process.send('all');
  }); setInterval(() => undefined, 1000);`;
  return spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
}

async function listen(): Promise<Server> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

it.each(['SIGKILL', 'disconnect'] as const)(
  'after %s closes what a worker has not answered for, and nothing else that it was sent',
  async (end) => {
    const worker = startAnswering(6);
    cutOffForgotten(worker);
    const servers = await Promise.all(Array.from({ length: 6 }, listen));
    const send = (message: object, server: Server | undefined) => worker.send(message, server);
    for (const seq of [1, 2, 3, 4]) send({ cmd: 'NODE_CLUSTER', act: 'newconn', seq }, servers[seq]);
    send({ cmd: 'NODE_CLUSTER', act: 'other', seq: 5 }, servers[5]);
    send({ cmd: 'NODE_CLUSTER', act: 'newconn', seq: 6 }, undefined);
    await once(worker, 'message');
    const exit = once(worker, 'exit');
    if (end === 'disconnect') worker.disconnect();
    else worker.kill(end);
    const left = () => servers.map(({ listening }) => listening);
    await expect.poll(left, { timeout: 10_000 }).toEqual([true, false, true, false, true, true]);
    worker.kill('SIGKILL');
    await exit;
    for (const server of servers) server.close();
  },
);

it('leaves alone what could not be started, so that what Node says of it is heard', async () => {
  const missing = spawn('/nowhere/at-all', { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  const failure = once(missing, 'error');
  // As where the system has no more files: Node opens no channel.
  for (const worker of [missing, new ChildProcess()]) {
    cutOffForgotten(worker);
    expect(worker.listenerCount('disconnect')).toBe(0);
  }
  expect(await failure).toMatchObject([{ code: 'ENOENT' }]);
});
