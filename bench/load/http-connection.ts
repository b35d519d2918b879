import { once } from 'node:events';
import { type Socket, connect } from 'node:net';
import { type Answer, parseAnswer } from './parse-answer.ts';

type Waiting = { readonly resolve: (answer: Answer) => void; readonly reject: (error: Error) => void };

/** One kept-alive connection that has one request under way at most. It costs as little as a client can, so that the server gets the cores. */
export class HttpConnection {
  readonly #socket: Socket;
  #received: Buffer | undefined;
  #waiting: Waiting | undefined;

  private constructor(port: number) {
    // Into the same memory each time, without what a stream does with each piece.
    const onread = {
      buffer: Buffer.allocUnsafe(65_536),
      callback: (length: number, bytes: Uint8Array) => {
        this.#receive(Buffer.from(bytes.buffer, bytes.byteOffset, length));
        return true;
      },
    };
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true, onread });
    this.#socket.on('error', (error) => this.#fail(error));
    this.#socket.on('close', () => this.#fail(new Error('The server closed the connection.')));
  }

  static async open(port: number): Promise<HttpConnection> {
    const connection = new HttpConnection(port);
    await once(connection.#socket, 'connect');
    return connection;
  }

  /** Sends a whole request and answers what came back. Rejects where the connection breaks. */
  send(request: Uint8Array): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#socket.write(request);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(piece: Buffer): void {
    const received = this.#received ? Buffer.concat([this.#received, piece]) : piece;
    const answer = parseAnswer(received);
    if (!answer) {
      this.#received = Buffer.from(received);
      return;
    }
    const waiting = this.#waiting;
    this.#received = undefined;
    this.#waiting = undefined;
    waiting?.resolve(answer);
  }

  #fail(error: Error): void {
    this.#waiting?.reject(error);
    this.#waiting = undefined;
  }
}
