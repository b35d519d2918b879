import { CompiledQuery, type RawBuilder, sql } from 'kysely';
import type { Database } from './schema.ts';

type Values = Readonly<Record<string, unknown>>;
type Slots<Args> = { readonly [Name in keyof Args]: RawBuilder<Args[Name]> };

/** Stands in a statement for a value that each execution brings. */
class Slot {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

type Text = { readonly sql: string; readonly parameters: readonly string[] };

function mapValues(args: Values, map: (name: string) => RawBuilder<unknown>): Record<string, RawBuilder<unknown>> {
  return Object.fromEntries(Object.keys(args).map((name) => [name, map(name)]));
}

/** The statement's text, in which each value has one number however often it is used. */
function toText({ sql: text, parameters }: CompiledQuery): Text {
  const names = parameters.map((each) => (each instanceof Slot ? each.name : ''));
  if (names.includes('')) throw new Error('A statement that is made once may hold no value of its own.');
  const distinct = [...new Set(names)];
  const renumbered = text.replace(
    /\$(\d+)/g,
    (_, number) => `$${distinct.indexOf(names[Number(number) - 1] ?? '') + 1}`,
  );
  return { sql: renumbered, parameters: distinct };
}

/**
 * A statement that is executed often: it is built and compiled once, and each execution only brings its values, always
 * under the same names. Everything that differs from one execution to another has to be a value.
 */
export function defineStatement<Args extends Values, Row>(
  build: (slots: Slots<Args>) => RawBuilder<Row>,
): (db: Database, args: Args) => Promise<readonly Row[]> {
  const bind = (args: Args, map: (name: string) => RawBuilder<unknown>) => build(mapValues(args, map) as Slots<Args>);
  let text: Text | undefined;
  return async (db, args) => {
    const executor = db.getExecutor();
    // A plugin has to see the query itself.
    if (executor.plugins.length > 0) return (await bind(args, (name) => sql.val(args[name])).execute(db)).rows;
    text ??= toText(bind(args, (name) => sql.val(new Slot(name))).compile(db));
    const values = text.parameters.map((name) => args[name]);
    return (await executor.executeQuery<Row>(CompiledQuery.raw(text.sql, values))).rows;
  };
}
