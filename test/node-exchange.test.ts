import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { expect, it } from 'vitest';
import { readBytes } from '../src/http/node-exchange.ts';

function open(): IncomingMessage {
  return new IncomingMessage(new Socket());
}

it('a body is read to its end', async () => {
  const incoming = open();
  incoming.push('first ');
  incoming.push('last');
  incoming.push(null);
  expect((await readBytes(incoming)).toString()).toBe('first last');
});

it('a body is not waited for whose client goes, or has gone', async () => {
  const going = open();
  const reading = readBytes(going);
  going.destroy(new Error('aborted'));
  await expect(reading).rejects.toThrow('aborted');
  const gone = open().destroy();
  await expect(readBytes(gone)).rejects.toThrow('The client has gone.');
});
