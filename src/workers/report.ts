/** What a primary tells its workers some time before it lets go of them: that they are not ready from now on. */
export const drainMessage = 'drain';

/** What a worker tells its primary once: its start message, or why it cannot serve. */
export type Report = { readonly isReady: boolean; readonly text: string };

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
