import { existsSync } from 'node:fs';
import { type Databases, locate } from './databases.ts';
import { type ServerProcess, startServer } from './processes.ts';
import { createTemporaryFolder } from '../test/support/temporary-folder.ts';

const cli = locate('dist/cli.js');
const peersFile = locate('bench/peers/peers.mjs');
// PostGraphile 5 needs a newer Node than the gateway, so the peers bring one along.
const peersNode = locate('bench/peers/node_modules/.bin/node');

/** Starts the gateway as a user would, on PostgreSQL, by one process or as many as `workers` says. */
export async function startGateway({ gateway }: Databases, workers: '1' | 'auto' = '1'): Promise<ServerProcess> {
  const folder = await createTemporaryFolder();
  const server = await serve(folder.path, gateway, workers);
  return {
    ...server,
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** Starts the gateway on the embedded database in that folder. */
export async function startEmbeddedGateway(folder: string): Promise<ServerProcess> {
  return await serve(folder, '', '1');
}

async function serve(folder: string, url: string, workers: string): Promise<ServerProcess> {
  return await startServer([process.execPath, cli, 'serve'], (port) => ({
    PORT: String(port),
    HOST: '127.0.0.1',
    DATA_DIR: folder,
    DATABASE_URL: url,
    WORKERS: workers,
    LOG_LEVEL: 'error',
  }));
}

export type PeerName = 'bare' | 'mercurius' | 'postgraphile';

/** Starts one of the servers of peers.mjs on the yardstick's database. */
export async function startPeer(name: PeerName, { yardstick }: Databases): Promise<ServerProcess> {
  const node = name === 'postgraphile' ? peersNode : process.execPath;
  return await startServer([node, peersFile, name, yardstick], (port) => ({
    PORT: String(port),
    NODE_ENV: 'production',
    GRAPHILE_ENV: 'production',
  }));
}

/** Throws, saying how to get them, where the peers are not installed. */
export function requirePeers(): void {
  if (!existsSync(peersNode)) throw new Error('The peers are not installed: npm ci --prefix bench/peers');
}
