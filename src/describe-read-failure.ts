const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder',
  EACCES: 'it may not be read',
  Z_BUF_ERROR: 'its gzip is cut off',
  Z_DATA_ERROR: 'its gzip is damaged',
};

/** Why a file could not be read, in words where the system's code is known. */
export function describeReadFailure(file: string, error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return `Cannot read ${file}: ${reasons[code] ?? String(error)}.`;
}
