import type { Spent } from '../limiters.ts';
import type { Spending } from '../rate-limiter.ts';

/** What a primary tells its workers some time before it lets go of them: that they are not ready from now on. */
export const drainMessage = 'drain';

/** What a worker tells its primary once: its start message, or why it cannot serve. */
export type Report = { readonly isReady: boolean; readonly text: string };

/** What a worker tells the others, by the primary: what its callers have spent of their limits. */
export type SpentMessage = { readonly spent: Spent };

function isSpending(value: unknown): value is Spending {
  const isEntry = (entry: unknown) =>
    Array.isArray(entry) && typeof entry[0] === 'string' && typeof entry[1] === 'number';
  return Array.isArray(value) && value.every(isEntry);
}

/** Whether a message between processes tells of what was spent: a worker may be of another version than those before it. */
export function isSpentMessage(message: unknown): message is SpentMessage {
  if (typeof message !== 'object' || message === null || !('spent' in message)) return false;
  const { spent } = message;
  if (typeof spent !== 'object' || spent === null || !('calls' in spent && 'failures' in spent)) return false;
  return isSpending(spent.calls) && isSpending(spent.failures);
}

/** Whether a message between processes is a report. */
export function isReport(message: unknown): message is Report {
  if (typeof message !== 'object' || message === null) return false;
  return (
    'isReady' in message &&
    typeof message.isReady === 'boolean' &&
    'text' in message &&
    typeof message.text === 'string'
  );
}
