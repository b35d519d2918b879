import { unlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { lockFolder } from '../../src/db/folder-lock.ts';

/** What a program that locks folders is told, and what it answers. */
export type LockOrder =
  | { readonly do: 'lock'; readonly at: number }
  | { readonly do: 'release' }
  | { readonly do: 'churn'; readonly turns: number };
export type LockAnswer =
  | { readonly is: 'ready' | 'locked' | 'released' }
  | { readonly is: 'refused'; readonly name: string; readonly message: string };

const folder = process.argv[2] ?? '';
let lock: AsyncDisposable | undefined;

function answer(message: LockAnswer): void {
  process.send?.(message);
}

async function tryToLock(): Promise<boolean> {
  try {
    lock = await lockFolder(folder);
    return true;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    answer({ is: 'refused', name: error.name, message: error.message });
    return false;
  }
}

/** Takes the folder again and again, marks its presence inside, and leaves; the last time by being killed. */
async function churn(turns: number): Promise<void> {
  const marker = path.join(folder, 'somebody-is-inside');
  for (let turn = 0; turn < turns;) {
    const isInside = await lockFolder(folder).then(
      (taken) => (lock = taken),
      () => undefined,
    );
    if (!isInside) {
      await delay(Math.random() * 3);
      continue;
    }
    turn += 1;
    writeFileSync(marker, String(process.pid), { flag: 'wx' });
    await delay(Math.random() * 3);
    unlinkSync(marker);
    if (turn === turns) process.kill(process.pid, 'SIGKILL');
    await isInside[Symbol.asyncDispose]();
  }
}

async function obey(order: LockOrder): Promise<void> {
  if (order.do === 'churn') return churn(order.turns);
  if (order.do === 'release') {
    await lock?.[Symbol.asyncDispose]();
    answer({ is: 'released' });
    return;
  }
  // All that are told the same moment try in that very moment.
  while (Date.now() < order.at);
  if (await tryToLock()) answer({ is: 'locked' });
}

process.on('message', (order: LockOrder) => void obey(order));
answer({ is: 'ready' });
