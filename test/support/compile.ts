import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import ts from 'typescript';

const root = path.resolve(import.meta.dirname, '../..');

export type CompiledSources = AsyncDisposable & { readonly folder: string };

/** Compiles the named TypeScript files of this project into a temporary folder, for processes that know only JavaScript. */
export async function compileSources(files: readonly string[]): Promise<CompiledSources> {
  const folder = await mkdtemp(path.join(tmpdir(), 'customer-gateway-compiled-'));
  await writeFile(path.join(folder, 'package.json'), '{ "type": "module" }');
  await symlink(path.join(root, 'node_modules'), path.join(folder, 'node_modules'), 'junction');
  await Promise.all(files.map((file) => compile(file, folder)));
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}

async function compile(file: string, folder: string): Promise<void> {
  const { outputText } = ts.transpileModule(await readFile(path.join(root, file), 'utf8'), {
    compilerOptions: {
      module: ts.ModuleKind.ESNext,
      target: ts.ScriptTarget.ES2023,
      rewriteRelativeImportExtensions: true,
    },
  });
  const output = path.join(folder, file.replace(/\.ts$/, '.js'));
  await mkdir(path.dirname(output), { recursive: true });
  await writeFile(output, outputText);
}
