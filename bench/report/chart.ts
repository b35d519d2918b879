import type { Samples } from '../samples.ts';
import { type Target, findScore, judge, targets } from '../targets.ts';

const size = { width: 760, rowHeight: 34, top: 46, labels: 290, right: 70 } as const;
/** Where the scale ends: half as good again as the aim. */
const scaleEnd = 1.5;
const barWidth = size.width - size.labels - size.right;

const style = `
  text { font: 13px system-ui, sans-serif; fill: #1f2328; }
  .quiet { fill: #656d76; } .axis { stroke: #8c959f; } .limit { stroke: #1f2328; stroke-width: 2; }
  .aim { fill: #2da44e; } .reach { fill: #4c8eda; } .missed { fill: #cf6a32; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; } .quiet { fill: #8d96a0; } .limit { stroke: #e6edf3; }
    .aim { fill: #3fb950; } .reach { fill: #58a6ff; } .missed { fill: #db8a5a; }
  }`;

/** A bar for each target on one scale, on which every aim is at 1 and better is further right. It reads on light and dark. */
export function createChart(samples: Samples): string {
  const height = size.top + targets.length * size.rowHeight + 10;
  const rows = targets.map((target, index) => createRow(target, samples, size.top + index * size.rowHeight));
  const aim = toX(1);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${height}" role="img" aria-label="How close every figure comes to its aim">
<style>${style}
</style>
<text class="quiet" x="${aim}" y="20" text-anchor="middle">aim</text>
<text class="quiet" x="0" y="20">further right is better; | is what has to be reached</text>
${rows.join('\n')}
<line class="axis" x1="${aim}" x2="${aim}" y1="28" y2="${height - 8}" stroke-dasharray="4 3"/>
</svg>
`;
}

function createRow(target: Target, samples: Samples, y: number): string {
  const score = findScore(target, samples);
  const text = `<text x="0" y="${y + 17}">${target.what}</text>`;
  if (score === undefined) return `${text}<text class="quiet" x="${size.labels}" y="${y + 17}">not measured</text>`;
  const end = toX(toScale(target, score));
  const reach = toX(toScale(target, target.reach));
  return (
    text +
    `<rect class="${judge(target, score)}" x="${size.labels}" y="${y + 4}" width="${end - size.labels}" height="18" rx="3"/>` +
    `<line class="limit" x1="${reach}" x2="${reach}" y1="${y}" y2="${y + 26}"/>` +
    `<text x="${size.width}" y="${y + 17}" text-anchor="end">${formatScore(target, score)}</text>`
  );
}

/** 1 where the aim is reached exactly, more where it is better. */
function toScale({ better, aim }: Target, score: number): number {
  return better === 'higher' ? score / aim : aim / score;
}

function toX(scale: number): number {
  return Math.round(size.labels + (Math.min(scale, scaleEnd) / scaleEnd) * barWidth);
}

function formatScore({ measure, yardstick }: Target, score: number): string {
  const digits = score >= 100 ? 0 : 2;
  return yardstick
    ? `× ${score.toFixed(digits)}`
    : `${score.toFixed(digits)} ${measure.slice(measure.lastIndexOf(' ') + 1)}`;
}
