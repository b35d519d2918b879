import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Batch, Flights, batchLimits, splitBatches } from '../src/import/batches.ts';
import type { Row } from '../src/import/rows.ts';

type Step = { readonly claims: readonly string[]; readonly needs: readonly string[]; readonly millis: number };

const names = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 2 });
const steps = fc.array(fc.record({ claims: names, needs: names, millis: fc.nat({ max: 3 }) }), { maxLength: 12 });

function toBatch({ claims, needs }: Step): Batch {
  return { rows: [], claims: new Set(claims), needs: new Set(needs) };
}

/** Rows of that many characters each. */
function rowsOf(lengths: readonly number[]): Row[] {
  return lengths.map((length, line) => ({ line, raw: 'x'.repeat(length), content: { unreadable: 'for a test' } }));
}

describe('batches', () => {
  it('are full of rows, or of characters where rows are long, and keep every row in its order', () => {
    const { rows, characters } = batchLimits;
    const long = Math.ceil(characters / 3);
    const some = rowsOf([...Array.from({ length: rows + 1 }, () => 1), long, long, long, 2 * characters, 1]);
    const { batches, left } = splitBatches(some);
    expect(batches.map((batch) => batch.length)).toEqual([rows, 4, 1]);
    expect([...batches.flat(), ...left]).toEqual(some);
  });

  it('wait for more rows while they are not full', () => {
    const some = rowsOf([1, 2, 3]);
    expect(splitBatches(some)).toEqual({ batches: [], left: some });
    expect(splitBatches([])).toEqual({ batches: [], left: [] });
  });
});

describe('batches under way', () => {
  it('do what they would do one after another, land in order, and are no more at once than they may', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (plan) => {
        const run = async (most: number) => {
          const world = new Map<string, string>();
          const [seen, landed]: [string[], number[]] = [[], []];
          let underWay = 0;
          let peak = 0;
          const byBatch = new Map(plan.map((step, index) => [toBatch(step), { step, index }]));
          const flights = new Flights<number>(
            most,
            async (batch) => {
              const { step, index } = byBatch.get(batch) ?? { index: -1 };
              underWay += 1;
              peak = Math.max(peak, underWay);
              // What is judged is seen at one moment, and written at a later one.
              await new Promise((resolve) => setTimeout(resolve, step?.millis));
              seen[index] = [...batch.needs].map((name) => world.get(name) ?? '').join();
              await new Promise((resolve) => setTimeout(resolve, step?.millis));
              for (const name of batch.claims) world.set(name, `${world.get(name) ?? ''}${index}`);
              underWay -= 1;
              return index;
            },
            async (_, index) => {
              landed.push(index);
              await new Promise((resolve) => setTimeout(resolve, index % 3));
              // None lands meanwhile.
              expect(landed.at(-1)).toBe(index);
            },
          );
          for (const batch of byBatch.keys()) await flights.send(batch);
          await flights.landAll();
          expect(peak).toBeLessThanOrEqual(most);
          expect(landed).toEqual(plan.map((_, index) => index));
          return { seen, world };
        };
        expect(await run(3)).toEqual(await run(1));
      }),
      { numRuns: 60 },
    );
  });

  it('fail for whoever waits, once it is their turn', async () => {
    const landed: string[] = [];
    const flights = new Flights<string>(
      3,
      (batch) =>
        batch.claims.has('bad') ? Promise.reject(new Error('away')) : Promise.resolve([...batch.claims].join()),
      (_, name) => Promise.resolve(void landed.push(name)),
    );
    for (const name of ['one', 'bad', 'two'])
      await flights.send({ rows: [], claims: new Set([name]), needs: new Set() });
    await expect(flights.landAll()).rejects.toThrow('away');
    await flights.settle();
    expect(landed).toEqual(['one']);
  });

  it('do not land behind one that failed to', async () => {
    const landed: string[] = [];
    const flights = new Flights<string>(
      1,
      (batch) => Promise.resolve([...batch.claims].join()),
      (_, name) => (name === 'two' ? Promise.reject(new Error('no space')) : Promise.resolve(void landed.push(name))),
    );
    const send = (name: string) => flights.send({ rows: [], claims: new Set([name]), needs: new Set() });
    for (const name of ['one', 'two', 'three']) await send(name);
    await expect(send('four')).rejects.toThrow('no space');
    await expect(flights.landAll()).rejects.toThrow('no space');
    await flights.settle();
    expect(landed).toEqual(['one']);
  });

  it('wait until what they are tied to has landed, and for no other', async () => {
    const log: string[] = [];
    let save: () => void = () => undefined;
    const isSaved = new Promise<void>((resolve) => (save = resolve));
    const flights = new Flights<string>(
      2,
      (batch) => {
        const name = [...batch.needs].join();
        log.push(`sent ${name}`);
        return Promise.resolve(name);
      },
      async (_, name) => {
        if (name === 'first') await isSaved;
        log.push(`landed ${name}`);
      },
    );
    const send = (name: string, claim: string) => {
      return flights.send({ rows: [], claims: new Set([claim]), needs: new Set([name]) });
    };
    await send('first', 'a');
    await send('other', 'b');
    const tied = send('tied', 'a');
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(log).toEqual(['sent first', 'sent other']);
    save();
    await tied;
    await flights.landAll();
    expect(log).toEqual(['sent first', 'sent other', 'landed first', 'sent tied', 'landed other', 'landed tied']);
  });
});
