import { createHash } from 'node:crypto';

/** More texts than a program has, fewer than would burden a server that keeps a plan of each for every connection. */
const mostPrepared = 500;
/** Longer ones are bulk statements, another text for every number of rows. */
const longestPrepared = 20_000;
const preparable = /^\s*(select|insert|update|delete|merge|with)\b/i;
/** Whatever ends early is planned for its very values: a pattern may find an index, a page size ends a search. */
const isList = /\blimit \$/i;

/** Begins a list that is prepared all the same: one plan is good for all of its values. */
export const planOnce = '/* planned once */ ';
/** Begins what is planned for its very values though it is no list. */
export const planEachTime = '/* planned each time */ ';

function isPreparable(text: string): boolean {
  return text.startsWith(planOnce) || (preparable.test(text) && !isList.test(text));
}

/** Whether a statement that has no name is to be planned for the values of each execution. */
export function isPlannedEachTime(text: string): boolean {
  return text.startsWith(planEachTime) || isList.test(text);
}

/** Statement names by text: Kysely sends none, and PostgreSQL would parse and plan every statement again. */
export class StatementNames {
  readonly #names = new Map<string, string>();

  findName(text: string): string | undefined {
    const known = this.#names.get(text);
    if (known !== undefined || this.#names.size >= mostPrepared) return known;
    if (text.length > longestPrepared || !isPreparable(text)) return undefined;
    const name = `q_${createHash('sha256').update(text).digest('base64url').slice(0, 22)}`;
    this.#names.set(text, name);
    return name;
  }
}

/**
 * After so many uses a connection plans its statements anew: a plan made while a table was as good as empty reads all of
 * it, and PostgreSQL itself looks again only once it has analyzed the table, a minute or more after it has filled.
 */
export const replanAt: ReadonlySet<number> = new Set([10, 100, 1_000, 10_000, 100_000]);

/**
 * PostgreSQL's setting for how statements with parameters are planned. Left to itself it plans the reading of an upsert for its
 * values again and again, which takes longer than executing it; and where it is told not to, it does not use the index for names
 * that begin with a text, since it cannot see the text: in a table of half a million 450 ms instead of 2.
 */
export const planning = {
  setting: 'plan_cache_mode',
  once: 'force_generic_plan',
  eachTime: 'force_custom_plan',
} as const;
