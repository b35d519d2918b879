import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { buildProgram } from '../support/compile.ts';
import { runPrinted } from '../support/documented-backup.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

/** Somebody at a shell that finds `customer-gateway` and the programs of one PostgreSQL. */
export type Operator = AsyncDisposable & { readonly run: typeof runPrinted };

/** `binaries` is the folder of PostgreSQL's programs. */
export async function createOperator(binaries: string): Promise<Operator> {
  const folder = await createTemporaryFolder();
  const program = await buildProgram(folder.path);
  const bin = path.join(folder.path, 'bin');
  await mkdir(bin);
  const command = path.join(bin, 'customer-gateway');
  await writeFile(command, `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`);
  await chmod(command, 0o755);
  for (const name of ['pg_dump', 'pg_restore']) await symlink(path.join(binaries, name), path.join(bin, name));
  const PATH = `${bin}:${process.env['PATH'] ?? ''}`;
  return {
    run: (commands, { cwd, env }) => runPrinted(commands, { cwd, env: { ...env, PATH } }),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}
