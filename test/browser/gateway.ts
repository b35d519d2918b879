import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readConfig } from '../../src/config.ts';
import { serve } from '../../src/main.ts';
import { findFreePort } from '../support/free-port.ts';

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
  const server = await serve(readConfig({ DATA_DIR: folder, PORT: port, ...settings }), {
    print: () => undefined,
  });
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
