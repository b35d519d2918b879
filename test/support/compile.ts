import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { build } from 'rolldown';

const root = path.resolve(import.meta.dirname, '../..');

export type CompiledSources = AsyncDisposable & { readonly folder: string };

/** Puts what a program finds beside itself into a folder: this project's packages, and that its files are modules. */
async function preparePackage(folder: string): Promise<void> {
  await writeFile(path.join(folder, 'package.json'), '{ "type": "module" }');
  await symlink(path.join(root, 'node_modules'), path.join(folder, 'node_modules'), 'junction');
}

/**
 * Compiles the named TypeScript files of this project and what they import of it into a temporary folder, each by itself, for
 * processes that know only JavaScript.
 */
export async function compileSources(files: readonly string[]): Promise<CompiledSources> {
  const folder = await mkdtemp(path.join(tmpdir(), 'customer-gateway-compiled-'));
  await preparePackage(folder);
  const output = { dir: folder, preserveModules: true, preserveModulesRoot: root };
  await build({ cwd: root, input: [...files], platform: 'node', external: /^[^./]/, output });
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}

/** Builds the program as it is released, in a temporary folder below `parent`. Answers the file to run. */
export async function buildProgram(parent: string): Promise<string> {
  const folder = await mkdtemp(path.join(parent, 'program-'));
  await preparePackage(folder);
  const output = path.join(folder, 'dist');
  await promisify(execFile)(process.execPath, [path.join(root, 'build.js'), output], { cwd: root });
  return path.join(output, 'cli.js');
}
