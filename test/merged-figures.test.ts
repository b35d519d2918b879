import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type OwnFigures, createOwnFigures } from '../src/telemetry/metrics.ts';
import { type Figures, createFigures } from '../src/telemetry/figures.ts';
import { MergedFigures } from '../src/telemetry/merged-figures.ts';
import { type Samples, parseScrape } from './support/scrape.ts';

type Process = { readonly figures: Figures; readonly own: OwnFigures };

function startProcess(worker: number): Process {
  const figures = createFigures();
  figures.watchQueue('customers', () => ({ waiting: worker, running: 1 }));
  const pool = () => ({ inUse: worker, idle: 2, waiting: 3 });
  return { figures, own: createOwnFigures(figures, pool, String(worker)) };
}

/** What goes from process to process, as the channel between them changes it. */
async function send({ own }: Process): Promise<unknown> {
  return JSON.parse(JSON.stringify(await own.takeSnapshot())) as unknown;
}

async function read(merged: MergedFigures): Promise<Samples> {
  return parseScrape((await merged.scrape()).text);
}

const request = { route: '/graphql', method: 'POST', status: 200, seconds: 0.2 };
const requests = 'customer_gateway_http_requests_total{route="/graphql",method="POST",status="200"}';
const durations = 'customer_gateway_http_request_duration_seconds';

describe('the figures of two workers', () => {
  it('are sums of what the gateway counts, and each worker’s own of what Node tells', async () => {
    const [first, second] = [startProcess(1), startProcess(2)];
    for (const { figures } of [first, first, second]) {
      figures.countRequest(request);
      figures.countFate('customers', 'rest', 'created');
      figures.countBatch('customers', 3);
    }
    const merged = new MergedFigures();
    merged.note(1, await send(first));
    merged.note(2, await send(second));
    const samples = await read(merged);
    expect(Object.fromEntries(samples)).toMatchObject({
      [requests]: 3,
      'customer_gateway_upserts_total{kind="customers",door="rest",outcome="created"}': 3,
      'customer_gateway_upsert_batch_size_sum{kind="customers"}': 9,
      [`${durations}_bucket{le="0.25",route="/graphql"}`]: 3,
      [`${durations}_bucket{le="+Inf",route="/graphql"}`]: 3,
      [`${durations}_count{route="/graphql"}`]: 3,
      'customer_gateway_queue_jobs{queue="customers",state="waiting"}': 3,
      'customer_gateway_queue_jobs{queue="customers",state="running"}': 2,
      'customer_gateway_database_connections{state="in_use"}': 3,
      'customer_gateway_database_connections{state="idle"}': 4,
      customer_gateway_database_waiting: 6,
    });
    expect(samples.get(`${durations}_sum{route="/graphql"}`)).toBeCloseTo(0.6, 5);
    const isOurs = (key: string) => key.startsWith('customer_gateway_');
    const wrong = [...samples.keys()].filter((key) => isOurs(key) === /worker="[12]"/.test(key));
    expect(wrong).toEqual([]);
    for (const name of ['process_start_time_seconds', 'process_resident_memory_bytes', 'nodejs_heap_size_used_bytes'])
      for (const worker of ['1', '2']) expect(samples.get(`${name}{worker="${worker}"}`)).toBeGreaterThan(0);
  });

  it('keep what one of them had counted when it ends, and nothing else of it', async () => {
    const [first, second] = [startProcess(1), startProcess(2)];
    for (const { figures } of [first, second]) figures.countRequest(request);
    const merged = new MergedFigures();
    merged.note(1, await send(first));
    merged.note(2, await send(second));
    merged.end(1);
    const samples = await read(merged);
    expect(samples.get(requests)).toBe(2);
    expect(samples.get(`${durations}_count{route="/graphql"}`)).toBe(2);
    expect(samples.get('customer_gateway_queue_jobs{queue="customers",state="waiting"}')).toBe(2);
    expect([...samples.keys()].filter((key) => key.includes('worker="1"'))).toEqual([]);
    merged.end(2);
    const last = await read(merged);
    expect(last.get(requests)).toBe(2);
    expect([...last.keys()].filter((key) => /worker=|queue_jobs|database_/.test(key))).toEqual([]);
  });

  it('stay as they were where one tells something else than figures', async () => {
    const merged = new MergedFigures();
    const first = startProcess(1);
    first.figures.countRequest(request);
    merged.note(1, await send(first));
    for (const bad of [undefined, null, 'x', [{ name: 'n' }], [{ name: 'n', aggregator: 'constructor', values: [] }]])
      expect(() => {
        merged.note(1, bad);
      }).toThrow();
    expect((await read(merged)).get(requests)).toBe(1);
  });
});

/** A worker's figures as numbers: a counter, and a histogram of seconds. */
class Model {
  requests = 0;
  #seconds: number[] = [];

  count(seconds: number): void {
    this.requests += 1;
    this.#seconds.push(seconds);
  }

  takeSnapshot(): unknown {
    const sum = this.#seconds.reduce((total, each) => total + each, 0);
    const common = { help: 'h', aggregator: 'sum' };
    const parts = [
      { metricName: 'd_bucket', labels: { le: 1 }, value: this.#seconds.filter((each) => each <= 1).length },
      { metricName: 'd_bucket', labels: { le: '+Inf' }, value: this.requests },
      { metricName: 'd_sum', labels: {}, value: sum },
      { metricName: 'd_count', labels: {}, value: this.requests },
    ];
    return [
      { ...common, name: 'r', type: 'counter', values: [{ labels: { route: '/' }, value: this.requests }] },
      { ...common, name: 'd', type: 'histogram', values: parts },
      { ...common, name: 'g', type: 'gauge', values: [{ labels: {}, value: this.requests }] },
    ];
  }
}

const index = fc.integer({ min: 0, max: 3 });
const seconds = fc.integer({ min: 1, max: 9_999 }).map((milliseconds) => milliseconds / 1_000);
const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ index, counted: fc.array(seconds, { minLength: 1, maxLength: 3 }), isTold: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ index, ends: fc.constant(true) }) },
);

it('never fall but for gauges, whatever workers count, tell, leave untold, end and are replaced', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 30 }), async (steps) => {
      const merged = new MergedFigures();
      const start = (id: number) => ({ id, model: new Model(), told: 0 });
      const workers = [0, 1, 2, 3].map(start);
      let previous: Samples = new Map();
      let ended = 0;
      for (const each of steps) {
        const worker = workers[each.index] ?? start(0);
        if ('ends' in each) {
          merged.end(worker.id);
          ended += worker.told;
          workers[each.index] = start(worker.id + workers.length);
        } else {
          for (const duration of each.counted) worker.model.count(duration);
          if (each.isTold) merged.note(worker.id, worker.model.takeSnapshot());
          if (each.isTold) worker.told = worker.model.requests;
        }
        const samples = await read(merged);
        const fallen = [...previous].filter(([key, value]) => key !== 'g' && (samples.get(key) ?? 0) < value);
        expect(fallen).toEqual([]);
        const told = workers.reduce((sum, { told }) => sum + told, 0);
        expect(samples.get('r{route="/"}') ?? 0).toBe(ended + told);
        expect(samples.get('d_count') ?? 0).toBe(ended + told);
        expect(samples.get('g') ?? 0).toBe(told);
        previous = samples;
      }
    }),
  );
});
