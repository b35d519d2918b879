import type { DocumentNode } from 'graphql';
import { LRUCache } from 'lru-cache';

/** In characters of documents. What is parsed takes some 300 bytes for each of the densest ones. */
const cacheLimits = { all: 300_000, one: 30_000, entries: 1_000 } as const;

/** Remembers something of documents by their text, as much as memory allows: those used last, and no long ones. */
function createTextCache<Value extends object>(): LRUCache<string, Value> {
  return new LRUCache<string, Value>({
    max: cacheLimits.entries,
    maxSize: cacheLimits.all,
    maxEntrySize: cacheLimits.one,
    sizeCalculation: (_, text) => Math.max(1, text.length),
  });
}

/** What the server remembers of documents: as parsed, or why they cannot be. */
export function createDocumentCaches() {
  return { documentCache: createTextCache<DocumentNode>(), errorCache: createTextCache<Error>() };
}
