import type { Databases } from './databases.ts';
import type { ServerProcess } from './processes.ts';
import type { Samples } from './samples.ts';

/** How hard and how long the servers are loaded: `warmUp` and `seconds` in seconds. */
export type LoadShape = { readonly connections: number; readonly warmUp: number; readonly seconds: number };

/** What a part measures with. */
export type Bench = {
  readonly databases: Databases;
  readonly gateway: ServerProcess;
  /** The gateway again, by a process for each core. */
  readonly workers: ServerProcess;
  readonly bare: ServerProcess;
  /** Where they are asked for. */
  readonly peers: { readonly mercurius: ServerProcess; readonly postgraphile: ServerProcess } | undefined;
  readonly hasPgbench: boolean;
  readonly shape: LoadShape;
  readonly samples: Samples;
};

/** One round of something measured: adds to the samples, and throws where an answer or a stored row is wrong. */
export type Part = (bench: Bench) => Promise<void>;
