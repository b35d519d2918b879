/** The beginning of an address whose host is all of it, whatever comes after. */
const plainOrigin = /^https?:\/\/[\w.:[\]-]+(?=\/)/;

/** Reads the host's name of addresses, of which nearly all begin alike, as `URL` does; throws where that does. */
export function createHostnameReader(): (url: string) => string {
  let known = { origin: '', hostname: '' };
  return (url) => {
    const [origin] = plainOrigin.exec(url) ?? [];
    if (origin === undefined) return new URL(url).hostname;
    if (origin !== known.origin) known = { origin, hostname: new URL(url).hostname };
    return known.hostname;
  };
}
