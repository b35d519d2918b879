import { describeStorm, writeStorm } from './describe.ts';
import { runStorm, shapes } from './run.ts';

// The processes of a storm end with this one, also where it is told to end early.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

const isCheck = process.argv.includes('--check');
const figures = await runStorm(isCheck ? shapes.short : shapes.long, (line) => console.log(line));
console.log(`\n${describeStorm(figures)}`);
if (figures.complaints.length > 0) {
  console.log(['\nThe gateway said:', ...figures.log.slice(-40)].join('\n'));
  process.exitCode = 1;
} else if (!isCheck) await writeStorm(figures);
