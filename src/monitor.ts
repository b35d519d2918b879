/** Jobs that wait for their turn, and jobs under way. */
export type Load = { readonly waiting: number; readonly running: number };

/**
 * What became of an item of an upsert: its outcome, `refused` for what is wrong with it, `unavailable` where too much
 * waits or the database is away, `abandoned` where its caller has gone, `failed` for what nobody expects.
 */
export type UpsertFate = 'created' | 'updated' | 'unchanged' | 'refused' | 'unavailable' | 'abandoned' | 'failed';

/** Told of what upserts do, by kinds and doors of which there are few. It costs next to nothing and never throws. */
export type UpsertMonitor = {
  readonly countFate: (kind: string, door: string, fate: UpsertFate) => void;
  /** So many calls go in one write. */
  readonly countBatch: (kind: string, size: number) => void;
  /** Names a queue that may be asked for its load at any time. */
  readonly watchQueue: (queue: string, readLoad: () => Load) => void;
};

/** A place in a trace; what it is, only the tracer knows. */
export type TracePlace = object;

/** A step of a trace. `origins` are the places it is done for: below the first of them, the others are linked. */
export type TraceStep = {
  readonly name: string;
  readonly attributes?: Readonly<Record<string, string | number>>;
  /** The place the code runs at, unless told. */
  readonly origins?: readonly TracePlace[];
};

/** Follows work as it is done, for those who want to see where the time goes. */
export type Tracer = {
  /** Where in a trace the code that asks runs, if anywhere. */
  readonly findPlace: () => TracePlace | undefined;
  /** Does the work as a step; what it throws is noted and thrown on. */
  readonly trace: <Answer>(step: TraceStep, work: () => Promise<Answer> | Answer) => Promise<Answer>;
};
