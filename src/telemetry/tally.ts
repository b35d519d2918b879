export type Labels = Readonly<Record<string, string>>;

/**
 * Finds the cell of a set of labels, or makes one. There are as many as there are combinations, so no label may be a
 * client's text.
 */
class Cells<Cell extends { readonly labels: Labels }> {
  readonly #cells = new Map<string, Cell>();

  require(labels: Labels, create: () => Cell): Cell {
    const key = Object.values(labels).join(' ');
    const known = this.#cells.get(key);
    if (known) return known;
    const cell = create();
    this.#cells.set(key, cell);
    return cell;
  }

  list(): Iterable<Cell> {
    return this.#cells.values();
  }
}

type CounterCell = { readonly labels: Labels; value: number };

/** Counts by labels, in plain numbers: something is counted with every request, and read once in a while. */
export class Counts {
  readonly #cells = new Cells<CounterCell>();

  add(labels: Labels): void {
    this.#cells.require(labels, () => ({ labels, value: 0 })).value += 1;
  }

  list(): Iterable<Readonly<CounterCell>> {
    return this.#cells.list();
  }
}

type DistributionCell = { readonly labels: Labels; readonly counts: number[]; sum: number };

/** How values are distributed over ranges, by labels. */
export class Distribution {
  readonly #cells = new Cells<DistributionCell>();
  /** The upper bounds, ascending; what is above the last has a range of its own. */
  readonly bounds: readonly number[];

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
  }

  add(labels: Labels, value: number): void {
    const create = () => ({ labels, counts: new Array<number>(this.bounds.length + 1).fill(0), sum: 0 });
    const cell = this.#cells.require(labels, create);
    const found = this.bounds.findIndex((bound) => value <= bound);
    const range = found < 0 ? this.bounds.length : found;
    cell.counts[range] = (cell.counts[range] ?? 0) + 1;
    cell.sum += value;
  }

  /** `counts` has a number for each range. */
  list(): Iterable<Readonly<DistributionCell>> {
    return this.#cells.list();
  }
}
