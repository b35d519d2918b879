import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readConfig } from '../../src/config.ts';
import { serve } from '../../src/main.ts';

/** A port of 127.0.0.1 that nobody listened on a moment ago. */
export async function findFreePort(): Promise<number> {
  const occupied = createServer().listen(0, '127.0.0.1');
  await once(occupied, 'listening');
  const address = occupied.address();
  occupied.close();
  await once(occupied, 'close');
  if (typeof address !== 'object' || !address) throw new Error('The server listened on no port.');
  return address.port;
}

/** A gateway that listens, on an embedded database with the example organization. */
export type ListeningGateway = {
  readonly address: string;
  /** Where it keeps its data, and a test what it likes. */
  readonly folder: string;
  /** Stops it, and keeps its folder. */
  readonly stop: () => Promise<void>;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
};

/** Starts a gateway with these settings beside those of the embedded default. */
export async function startGateway(settings: NodeJS.ProcessEnv = {}): Promise<ListeningGateway> {
  const folder = await mkdtemp(path.join(tmpdir(), 'customer-gateway-browser-'));
  const port = String(await findFreePort());
  const server = await serve(readConfig({ DATA_DIR: folder, PORT: port, ...settings }), () => undefined);
  let stopping: Promise<void> | undefined;
  const stop = () => (stopping ??= server.stop());
  return {
    address: `http://127.0.0.1:${port}`,
    folder,
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
