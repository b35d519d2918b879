import { readFile } from 'node:fs/promises';
import { z } from 'zod';

const dashboard = z.object({
  panels: z.array(z.object({ targets: z.array(z.object({ expr: z.string() })) })),
  templating: z.object({
    list: z.array(z.object({ query: z.union([z.string(), z.object({ query: z.string() })]) })),
  }),
});

/** The names of the figures that the dashboard asks for, as often as it does. */
export async function listAskedFigures(): Promise<string[]> {
  const { panels, templating } = dashboard.parse(JSON.parse(await readFile('docs/grafana-dashboard.json', 'utf8')));
  const variables = templating.list.map(({ query }) => (typeof query === 'string' ? '' : query.query));
  const expressions = [...panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)), ...variables];
  return expressions.flatMap((each) => each.match(/\b(?:customer_gateway|nodejs|process)_\w+/g) ?? []);
}
