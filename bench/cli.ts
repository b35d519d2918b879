import { createProgram } from './program.ts';
import { runBench } from './run.ts';

// The servers end with this process, also where it is told to end early.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
await createProgram(runBench).parseAsync();
