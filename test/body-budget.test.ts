import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { texts } from '../src/contract/errors.ts';
import { createBodyBudget } from '../src/http/body-budget.ts';

const limits = { organizationBytes: 100, processBytes: 160, smallBytes: 10 };

function createResponse(): ServerResponse {
  return new ServerResponse(new IncomingMessage(new Socket()));
}

type Body = { readonly organizationId: number; readonly bytes: number; readonly response: ServerResponse };

/** Whether there is room, by adding up all that is held anew. */
function hasRoom(held: ReadonlySet<Body>, { organizationId, bytes }: Body): boolean {
  const beside = [...held].filter((other) => other.bytes <= limits.smallBytes === bytes <= limits.smallBytes);
  const sum = (bodies: readonly Body[]) => bodies.reduce((total, body) => total + body.bytes, bytes);
  const own = beside.filter((other) => other.organizationId === organizationId);
  return sum(own) <= limits.organizationBytes && sum(beside) <= limits.processBytes;
}

const step = fc.oneof(
  fc.record({ organizationId: fc.integer({ min: 1, max: 3 }), bytes: fc.integer({ min: 0, max: 60 }) }),
  fc.record({ end: fc.nat() }),
);

describe('the room for bodies', () => {
  it('is taken until the answer is over, by each organization up to its share and by all up to theirs', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { hold } = createBodyBudget(limits);
        const held = new Set<Body>();
        for (const each of steps) {
          if ('end' in each) {
            const body = [...held][each.end % Math.max(1, held.size)];
            body?.response.emit('close');
            if (body) held.delete(body);
            continue;
          }
          const body = { ...each, response: createResponse() };
          if (hasRoom(held, body)) {
            hold(body);
            held.add(body);
          } else expect(() => hold(body)).toThrow(texts.tooMuchSent);
        }
      }),
    );
  });

  it('is asked for once by a response, whatever has become of others since', () => {
    const { hold } = createBodyBudget(limits);
    const [first, second] = [createResponse(), createResponse()];
    for (let times = 0; times < 3; times += 1) hold({ organizationId: 1, bytes: 60, response: first });
    const again = () => hold({ organizationId: 1, bytes: 60, response: second });
    expect(again).toThrow(texts.tooMuchSent);
    first.emit('close');
    expect(again).toThrow(texts.tooMuchSent);
    hold({ organizationId: 1, bytes: 100, response: createResponse() });
  });

  it('grows with a body that turns out larger, and is given back as a whole', () => {
    const { hold, release } = createBodyBudget(limits);
    const [first, second] = [createResponse(), createResponse()];
    hold({ organizationId: 1, bytes: 10, response: first });
    hold({ organizationId: 1, bytes: 100, response: first });
    expect(() => hold({ organizationId: 1, bytes: 11, response: second })).toThrow(texts.tooMuchSent);
    release(first);
    first.emit('close');
    hold({ organizationId: 1, bytes: 100, response: createResponse() });
  });

  it('is given back with the connection, also of those that wait behind others and of those that have gone', () => {
    const { hold } = createBodyBudget(limits);
    const socket = new Socket();
    const responses = Array.from({ length: 20 }, () => new ServerResponse(new IncomingMessage(socket)));
    for (const response of responses) hold({ organizationId: 1, bytes: 5, response });
    socket.destroy();
    socket.emit('close');
    for (const response of responses) response.emit('close');
    for (let times = 0; times < 3; times += 1) {
      const gone = new ServerResponse(new IncomingMessage(socket));
      hold({ organizationId: 1, bytes: 100, response: gone });
    }
    hold({ organizationId: 1, bytes: 100, response: createResponse() });
  });
});
