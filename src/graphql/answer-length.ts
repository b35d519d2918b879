/** How many elements the lists right below a field of some type have: what the field's arguments say. */
export class AnswerLength {
  /** Arguments that say it, by a number or by a list of as many; the first that is not null counts. */
  readonly by: readonly string[];
  /** What it is where none does. */
  readonly usual: number;
  readonly most: number;

  constructor({ by, usual, most }: { by: readonly string[]; usual: number; most: number }) {
    this.by = by;
    this.usual = usual;
    this.most = most;
  }
}

/** How many elements a list without pages is taken to have where its field does not tell. */
export const assumedLength = 5;

type Extended = { readonly extensions: Readonly<Record<string, unknown>> };

/** For a type: the lists in it are as long as arguments of the field say that answers it. */
export function answersBy(length: AnswerLength) {
  return { answerLength: length };
}

/** For a field without arguments: its list has seldom more elements than this, and a statement of its own brings it. */
export function answersSome(length: number) {
  return { answerLength: length };
}

/** What `answersBy` said of a type, if anything. */
export function findAnswerLength({ extensions }: Extended): AnswerLength | undefined {
  const length = extensions['answerLength'];
  return length instanceof AnswerLength ? length : undefined;
}

/** What `answersSome` said of a field, if anything. */
export function findListLength({ extensions }: Extended): number | undefined {
  const length = extensions['answerLength'];
  return typeof length === 'number' ? length : undefined;
}
