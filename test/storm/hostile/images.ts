import sharp from 'sharp';
import { limits as gatewayLimits } from '../../../src/contract/limits.ts';
import { type Bomb, bombs, defused } from '../../support/bombs.ts';
import { deflateZeros, writePng } from '../../support/png.ts';
import { type BuiltGateway, startBuiltGateway, startDatabase } from './built-gateway.ts';
import { tellOccasion, tellSection } from '../report.ts';

/** What the issue asks for: milliseconds for a bomb, megabytes for the process. */
const limits = { refusal: 100, memory: 700 } as const;

const uploads = 16;
const side = 5_000;

type Answer = { readonly status: number; readonly milliseconds: number; readonly retryAfter: string | null };

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

async function upload({ port }: BuiltGateway, reference: string, picture: Uint8Array): Promise<Answer> {
  const body = new FormData();
  body.append('name', 'x');
  body.append('imageFile', new File([new Uint8Array(picture)], 'picture'));
  const start = performance.now();
  const address = `http://127.0.0.1:${port}/api/v1.0/customers/reference/${reference}`;
  const response = await fetch(address, { method: 'POST', body });
  await response.arrayBuffer();
  return {
    status: response.status,
    milliseconds: performance.now() - start,
    retryAfter: response.headers.get('retry-after'),
  };
}

/** The median of five, on a gateway with nothing else to do. */
async function measure(gateway: BuiltGateway, { make }: Bomb): Promise<Answer> {
  const bytes = await make();
  const answers: Answer[] = [];
  for (let count = 0; count < 5; count += 1) answers.push(await upload(gateway, 'bomb', bytes));
  const [, , median] = answers.toSorted((a, b) => a.milliseconds - b.milliseconds);
  if (!median) throw new Error('Nothing was measured.');
  return median;
}

const row = (...cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;

/** Grain that no encoder makes much smaller: as large a file as may be sent. */
async function makeProgressiveJpeg(): Promise<Buffer> {
  const noise = { type: 'gaussian', mean: 128, sigma: 12 } as const;
  const picture = sharp({ create: { width: side, height: side, channels: 3, background: '#000', noise } });
  for (const quality of [40, 20, 10, 5, 1]) {
    const bytes = await picture.clone().jpeg({ quality, progressive: true, chromaSubsampling: '4:4:4' }).toBuffer();
    if (bytes.length <= gatewayLimits.images.fileBytes) return bytes;
  }
  throw new Error('The picture is too large for an upload.');
}

/** Sixteen bits a sample, four samples a pixel, interlaced. */
const makeDeepPng = (): Buffer =>
  writePng({ width: side, height: side, bits: 16, colour: 6, interlaced: true, pixels: deflateZeros(200) });

const complaints: string[] = [];
const lines: string[] = [];
await using server = await startDatabase();

async function measureBombs(): Promise<void> {
  await using gateway = await startBuiltGateway(server, 'bombs');
  await upload(
    gateway,
    'warm-up',
    await sharp({ create: { width: 9, height: 9, channels: 3, background: 'red' } })
      .png()
      .toBuffer(),
  );
  lines.push('| sent to an idle gateway | bytes | answer | ms |', '| --- | ---: | ---: | ---: |');
  for (const bomb of [...bombs, ...defused]) {
    const { status, milliseconds } = await measure(gateway, bomb);
    const expected = bombs.includes(bomb) ? 400 : 201;
    const size = (await bomb.make()).length;
    lines.push(row(bomb.name, size.toLocaleString('en').replaceAll(',', ' '), status, Math.round(milliseconds)));
    if (status !== expected) complaints.push(`${bomb.name} was answered ${status}`);
    if (expected === 400 && milliseconds > limits.refusal)
      complaints.push(`${bomb.name} took ${Math.round(milliseconds)} ms`);
  }
  complaints.push(...gateway.failures());
}

async function measureWorst(): Promise<void> {
  await using gateway = await startBuiltGateway(server, 'worst');
  const pictures = [await makeProgressiveJpeg(), makeDeepPng()];
  const idle = await gateway.readPeakMemory();
  const start = performance.now();
  const answers = await Promise.all(
    Array.from({ length: uploads }, (_, index) =>
      upload(gateway, `worst-${index}`, pictures[index % 2] ?? Buffer.alloc(0)),
    ),
  );
  const seconds = (performance.now() - start) / 1_000;
  const peak = await gateway.readPeakMemory();
  const done = answers.filter(({ status }) => status === 201).length;
  const busy = answers.filter(({ status, retryAfter }) => status === 503 && retryAfter !== null).length;
  lines.push(
    '',
    `${uploads} pictures of 25 megapixels at once, progressive JPEGs (${pictures[0]?.length ?? 0} bytes) and interlaced PNGs of 16 bits (${pictures[1]?.length ?? 0} bytes): ${done} stored, ${busy} refused with 503 and \`Retry-After\`, in ${seconds.toFixed(1)} s. The process had ${idle} MB before and ${peak} MB at most, with \`MALLOC_ARENA_MAX=2\` as in the Dockerfile.`,
  );
  if (done + busy !== uploads) complaints.push(`answers: ${answers.map(({ status }) => status).join(' ')}`);
  if (peak >= limits.memory) complaints.push(`${peak} MB are too much`);
  complaints.push(...gateway.failures());
}

await measureBombs();
await measureWorst();
const section = `## Pictures made to hurt\n\n\`npm run storm:images\`\n\n${lines.join('\n')}\n\n${tellOccasion()}`;
await tellSection('hostile-images', section, complaints.length === 0);
for (const complaint of complaints) console.log(`FAILED: ${complaint}`);
if (complaints.length > 0) process.exitCode = 1;
