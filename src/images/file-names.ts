const maxNameLength = 100;

const spellings = { jpg: /^\.(jpg|jpeg|jpe|jfif)$/i, png: /^\.png$/i, gif: /^\.gif$/i } as const;

// A few letters and digits after the last dot; "St. Mary" and "v1.0" have no extension.
const extensionAtEnd = /\.[A-Za-z][A-Za-z0-9]{0,4}$/;

function clean(name: string): string {
  return name
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .replace(/[^A-Za-z0-9._-]/gu, '_');
}

/**
 * The name a picture is kept under: `<epoch millis>_<cleaned original name>` (rulings 39, 40), the cleaned name at most
 * 100 characters of `A-Za-z0-9._-`. Its extension tells the truth, as typed where it already means the format.
 */
export function imageFileName(original: string, extension: 'jpg' | 'png' | 'gif', epochMillis: number): string {
  const name = clean(original.split(/[/\\]/).at(-1) ?? '');
  const typed = extensionAtEnd.exec(name)?.[0] ?? '';
  const ending = spellings[extension].test(typed) ? typed : `.${extension}`;
  const stem = name
    .slice(0, name.length - typed.length)
    .replace(/^\.+/, '')
    .slice(0, maxNameLength - ending.length)
    .replace(/\.+$/, '');
  return `${epochMillis}_${stem || 'image'}${ending}`;
}
