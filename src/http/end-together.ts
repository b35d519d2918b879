import type { ServerResponse } from 'node:http';

type Made = { readonly response: ServerResponse; readonly body: string | Uint8Array };

let made: Made[] = [];

function endAll(): void {
  const all = made;
  made = [];
  for (const { response, body } of all) response.end(body);
}

/**
 * Ends an answer with the others that are made by the same turn of the event loop, as those of one batch are. Written one by
 * one, between the making of two, each finds its reader asleep and has to wake it, which costs more than the writing.
 */
export function endTogether(response: ServerResponse, body: string | Uint8Array): void {
  if (made.push({ response, body }) === 1) setImmediate(endAll);
}
