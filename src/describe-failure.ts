/** An error in words: one clear line is enough for what an operator can mend; a mistake of ours shows where it is. */
export function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const isMistake = [TypeError, RangeError, ReferenceError, SyntaxError].some((kind) => error instanceof kind);
  return isMistake ? (error.stack ?? error.message) : error.message || error.name;
}
