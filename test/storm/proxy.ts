import { once } from 'node:events';
import { type Server, type Socket, connect, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** One connection through the proxy: `near` is the client's side. */
type Link = { readonly near: Socket; readonly far: Socket; isForgotten: boolean };

/**
 * Stands between the gateway and PostgreSQL, passes on what either says, and fails in the ways in which networks do.
 * It has its own idea of which server is behind it, so that another one can take over.
 */
export class Proxy {
  readonly #server: Server;
  readonly #links = new Set<Link>();
  #target: number;
  #isHeld = false;
  #delay = 0;
  #cutsNextAnswers = false;

  private constructor(server: Server, target: number) {
    this.#server = server;
    this.#target = target;
    server.on('connection', (near) => this.#accept(near));
  }

  /** Listens on a free port of the loopback interface for connections to the port `target`. */
  static async start(target: number): Promise<Proxy> {
    const server = createServer({ noDelay: true }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Proxy(server, target);
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('The proxy has no port.');
    return address.port;
  }

  /** New connections go to another server. */
  retarget(target: number): void {
    this.#target = target;
  }

  /** Resets every connection, to both sides. */
  reset(): void {
    for (const link of this.#links) this.#cut(link);
  }

  /** Nothing passes through the connections there are any more, and neither side is told; new ones are good. */
  forget(): void {
    for (const link of this.#links) link.isForgotten = true;
  }

  /** Keeps back everything, new connections too, until it is let go; then all of it arrives. */
  hold(isHeld: boolean): void {
    this.#isHeld = isHeld;
    for (const { near, far } of this.#links) {
      for (const socket of [near, far]) {
        if (isHeld) socket.pause();
        else socket.resume();
      }
    }
  }

  /** Delays everything by so many milliseconds, each way. */
  delay(milliseconds: number): void {
    this.#delay = milliseconds;
  }

  /** Each connection is reset once half of the server's next answer has passed; resolves when one was. */
  async cutMidAnswer(): Promise<void> {
    this.#cutsNextAnswers = true;
    await once(this.#server, 'cut');
    this.#cutsNextAnswers = false;
  }

  close(): void {
    this.#server.close();
    this.reset();
  }

  #accept(near: Socket): void {
    const far = connect({ port: this.#target, host: '127.0.0.1', noDelay: true });
    const link: Link = { near, far, isForgotten: false };
    this.#links.add(link);
    this.#pass(link, near, far);
    this.#pass(link, far, near);
    if (this.#isHeld) for (const socket of [near, far]) socket.pause();
  }

  #pass(link: Link, from: Socket, to: Socket): void {
    let pending = 0;
    let last = Promise.resolve();
    // What comes later never overtakes what is still on its way.
    const writeLater = (chunk: Buffer) => {
      const arrival = delay(this.#delay);
      pending += 1;
      last = Promise.all([last, arrival]).then(() => {
        pending -= 1;
        to.write(chunk);
      });
    };
    from.on('data', (chunk: Buffer) => {
      if (link.isForgotten) return;
      if (this.#cutsNextAnswers && from === link.far) {
        to.write(chunk.subarray(0, chunk.length / 2), () => this.#cut(link));
        this.#server.emit('cut');
      } else if (this.#delay > 0 || pending > 0) writeLater(chunk);
      else to.write(chunk);
    });
    from.on('error', () => this.#end(link, to));
    from.on('close', () => this.#end(link, to));
  }

  /** One side has gone, and the other hears of it where it can. */
  #end(link: Link, other: Socket): void {
    if (link.isForgotten) return;
    this.#links.delete(link);
    other.destroySoon();
  }

  #cut(link: Link): void {
    this.#links.delete(link);
    for (const socket of [link.near, link.far]) socket.resetAndDestroy();
  }
}
