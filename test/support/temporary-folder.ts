import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** An empty folder, gone once disposed of or when this process ends early. */
export type TemporaryFolder = AsyncDisposable & { readonly path: string };

export async function createTemporaryFolder(): Promise<TemporaryFolder> {
  const folder = await mkdtemp(path.join(tmpdir(), 'customer-gateway-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  return {
    path: folder,
    [Symbol.asyncDispose]: async () => {
      process.off('exit', remove);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
