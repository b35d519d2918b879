import type { Database } from '../../db/schema.ts';

/** Carries an answer out of a transaction that is taken back. */
class TakenBack<Answer> extends Error {
  readonly answer: Answer;

  constructor(answer: Answer) {
    super('The transaction is taken back, as was asked.');
    this.answer = answer;
  }
}

/** Does the work in a transaction, and answers what it answers; what is not to be kept is rolled back first. */
export async function inTransaction<Answer>(
  db: Database,
  isKept: (answer: Answer) => boolean,
  work: (trx: Database) => Promise<Answer>,
): Promise<Answer> {
  try {
    return await db.transaction().execute(async (trx) => {
      const answer = await work(trx);
      if (isKept(answer)) return answer;
      throw new TakenBack(answer);
    });
  } catch (error) {
    if (error instanceof TakenBack) return (error as TakenBack<Answer>).answer;
    throw error;
  }
}
