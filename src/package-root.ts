import { existsSync } from 'node:fs';

function findPackageRoot(): URL {
  let folder = new URL('.', import.meta.url);
  while (!existsSync(new URL('package.json', folder)) && folder.pathname !== '/') folder = new URL('..', folder);
  return folder;
}

/** The folder of package.json, which is above this file in the source as well as in the build. */
export const packageRoot: URL = findPackageRoot();
