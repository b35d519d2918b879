/** A sample of a scrape: its name with its labels, as they are written, and its value. */
export type Samples = ReadonlyMap<string, number>;

const sampleLine = /^([a-zA-Z_:][\w:]*)(\{(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\.)*",?)*\})? (NaN|[+-]Inf|[-+.\deE]+)$/i;
const commentLine = /^# (HELP [a-zA-Z_:][\w:]* .*|TYPE [a-zA-Z_:][\w:]* (counter|gauge|histogram|summary|untyped))$/;

/** Reads Prometheus' text format; throws at the first line that is none of it. */
export function parseScrape(text: string): Samples {
  const samples = new Map<string, number>();
  for (const line of text.split('\n').filter((each) => each !== '')) {
    if (commentLine.test(line)) continue;
    const [, name, labels = '', value] = sampleLine.exec(line) ?? [];
    if (name === undefined) throw new Error(`No line of a scrape: ${line}`);
    samples.set(name + labels, Number(value?.replace('Inf', 'Infinity')));
  }
  return samples;
}

/** The names a scrape declares, a histogram's by those of its parts. */
export function listNames(text: string): ReadonlySet<string> {
  const declared = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)];
  return new Set(
    declared.flatMap(([, name = '', type]) =>
      type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
    ),
  );
}

/** What samples of a name have grown by, without those that have not. */
export function subtract(after: Samples, before: Samples, name: string): Record<string, number> {
  const grown = [...after]
    .filter(([key]) => key === name || key.startsWith(`${name}{`))
    .map(([key, value]) => [key.slice(name.length), value - (before.get(key) ?? 0)] as const);
  return Object.fromEntries(grown.filter(([, difference]) => difference !== 0));
}
