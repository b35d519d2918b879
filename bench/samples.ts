/** What is measured; the name ends with the unit. */
export type Measure =
  | 'pgbench rows/s'
  | 'graphql upserts/s'
  | 'graphql p99 ms'
  | 'graphql RSS MB'
  | 'form upserts/s'
  | 'workers graphql upserts/s'
  | 'workers form upserts/s'
  | 'mercurius upserts/s'
  | 'mercurius p99 ms'
  | 'lone client ms'
  | 'bare lone client ms'
  | 'import creates rows/s'
  | 'import updates rows/s'
  | 'COPY creates rows/s'
  | 'COPY updates rows/s'
  | 'pages/s'
  | 'PostGraphile pages/s'
  | 'image uploads/s'
  | 'sharp pictures/s'
  | 'cold start s';

/** The figures of all rounds. */
export class Samples {
  readonly #figures = new Map<Measure, number[]>();
  readonly #report: (measure: Measure, figure: number) => void;

  /** `report` is told of every figure as it comes. */
  constructor(report: (measure: Measure, figure: number) => void) {
    this.#report = report;
  }

  add(measure: Measure, figure: number): void {
    this.#figures.set(measure, [...(this.#figures.get(measure) ?? []), figure]);
    this.#report(measure, figure);
  }

  /** The median of all rounds, or undefined where it was not measured. */
  median(measure: Measure): number | undefined {
    const sorted = this.#figures.get(measure)?.toSorted((a, b) => a - b) ?? [];
    const middle = sorted.slice(Math.ceil(sorted.length / 2) - 1, Math.floor(sorted.length / 2) + 1);
    return middle.length === 0 ? undefined : middle.reduce((sum, figure) => sum + figure, 0) / middle.length;
  }
}
