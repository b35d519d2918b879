/** The path of a request as it was sent: not normalised, so that dots stay data (ruling 2). */
export function rawPath(url: string): string {
  const withoutQuery = url.replace(/[?#].*$/s, '');
  return withoutQuery.replace(/^[a-z][a-z\d+.-]*:\/\/[^/]*/i, '') || '/';
}
