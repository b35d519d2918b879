import countries from 'i18n-iso-countries';

const languages = ['en', 'fr'];

function fold(name: string): string {
  return name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

function readNames(): ReadonlyMap<string, string> {
  const codes = new Map<string, string>();
  const alpha2Codes = Object.keys(countries.getAlpha2Codes());
  for (const language of languages) {
    const platform = new Intl.DisplayNames([language], { type: 'region' });
    for (const [alpha2, names] of Object.entries(countries.getNames(language, { select: 'all' }))) {
      for (const name of names) codes.set(fold(name), alpha2);
    }
    for (const alpha2 of alpha2Codes) codes.set(fold(platform.of(alpha2) ?? alpha2), alpha2);
  }
  for (const [alpha3, alpha2] of Object.entries(countries.getAlpha3Codes())) codes.set(fold(alpha3), alpha2);
  for (const alpha2 of alpha2Codes) codes.set(fold(alpha2), alpha2);
  return codes;
}

let names: ReadonlyMap<string, string> | undefined;
const alpha2Codes: ReadonlySet<string> = new Set(Object.keys(countries.getAlpha2Codes()));

/**
 * The ISO alpha-2 code of a country given as alpha-2, alpha-3 or its English or French name, whatever its case,
 * accents and punctuation; undefined for anything else (ruling 24).
 */
export function findCountryCode(text: string): string | undefined {
  if (alpha2Codes.has(text)) return text;
  names ??= readNames();
  return names.get(fold(text));
}
