import type { LoadShape } from '../bench.ts';
import { type DatabaseName, type Databases, customerCount, readWrites, tidy } from '../databases.ts';
import { runLoad } from '../load/run-load.ts';
import type { LoadFigures } from '../load/summarize.ts';
import { WriteLedger } from '../load/write-ledger.ts';
import type { UpsertDoor } from '../doors.ts';

/** Who is asked to upsert, how, and which database it keeps them in. */
export type UpsertTarget = { readonly port: number; readonly door: UpsertDoor; readonly keptIn: DatabaseName };

/** Upserts customers drawn at random, a change each, and throws unless every acknowledged one is found in the database. */
export async function loadUpserts(databases: Databases, target: UpsertTarget, shape: LoadShape): Promise<LoadFigures> {
  const { port, door, keptIn } = target;
  const ledger = new WriteLedger(customerCount);
  await tidy(databases);
  const before = await readWrites(databases, keptIn);
  const figures = await runLoad({
    port,
    ...shape,
    next: () => {
      const write = ledger.begin();
      return {
        request: door.createRequest(write),
        accept: (answer) => {
          door.accept(write, answer);
          ledger.acknowledge(write);
        },
      };
    },
  });
  ledger.verify(before, await readWrites(databases, keptIn));
  return figures;
}
