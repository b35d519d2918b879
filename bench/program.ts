import { Command, InvalidArgumentError, Option } from 'commander';
import { type PartName, parts } from './parts/parts.ts';
import type { RunOptions } from './run.ts';

/** As commander reads them. */
type Options = Omit<RunOptions, 'only' | 'shape'> &
  RunOptions['shape'] & { readonly only: readonly PartName[] | undefined };

const checkHelp = 'only see that every answer is right: one round of a second each, nothing judged or written';

/** The command line of the benchmark; `run` is given what it asks for. */
export function createProgram(run: (options: RunOptions) => Promise<void>): Command {
  return new Command('npm run bench --')
    .description('Measures the gateway beside what its speed is compared with, on a PostgreSQL server of its own.')
    .option('--only <parts>', `some of: ${Object.keys(parts).join(', ')}`, parseParts)
    .option('--rounds <number>', 'rounds, of which the median counts', parsePositive, 3)
    .option('--seconds <number>', 'seconds that count, of each load', parsePositive, 10)
    .option('--warm-up <seconds>', 'seconds under load before', parseSeconds, 3)
    .option('--connections <number>', 'connections under load', parsePositive, 64)
    .option('--peers', 'measure Mercurius and PostGraphile too (npm ci --prefix bench/peers)', false)
    .addOption(new Option('--check', checkHelp).default(false).implies({ rounds: 1, seconds: 1, warmUp: 0 }))
    .addHelpText(
      'after',
      '\nA run of everything with --peers writes bench/results.md, its chart, and the table of README.md.',
    )
    .action(async ({ only, connections, warmUp, seconds, ...rest }: Options) => {
      await run({ ...rest, only: only ?? [], shape: { connections, warmUp, seconds } });
    });
}

function parseParts(text: string): readonly PartName[] {
  const names = text.split(',');
  if (!names.every(isPart)) throw new InvalidArgumentError(`There are ${Object.keys(parts).join(', ')}.`);
  return names;
}

function isPart(name: string): name is PartName {
  return Object.hasOwn(parts, name);
}

function parsePositive(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError('It must be a whole number from 1.');
  return number;
}

function parseSeconds(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 0) throw new InvalidArgumentError('It must be a whole number from 0.');
  return number;
}
