import type { PGlite, parse, protocol } from '@electric-sql/pglite';
import type { CompiledQuery, DatabaseConnection, QueryResult } from 'kysely';
import { StatementNames, isPlannedEachTime, planning, replanAt } from './statement-names.ts';

/** Has what follows in its transaction planned for its values. It answers no rows. */
const planEachTime = {
  name: 'plan_each_time',
  text: `select where set_config('${planning.setting}', '${planning.eachTime}', true) is null`,
};

/** The parts of PGlite's package that speak PostgreSQL's own protocol. */
type Wire = { readonly parse: typeof parse; readonly protocol: typeof protocol };

/**
 * Executes what can be prepared as prepared statements, each parsed and planned once, and lists planned for their values.
 * PGlite's own `query` parses and plans each time, which takes nine times as long as executing the reading of an upsert, and
 * plans as the session does.
 */
export class PgliteStatements {
  readonly #pglite: PGlite;
  readonly #wire: Wire;
  readonly #names = new StatementNames();
  /** The types of the parameters of what is prepared, by its name. */
  readonly #prepared = new Map<string, readonly number[]>();
  #uses = 0;

  constructor(pglite: PGlite, wire: Wire) {
    this.#pglite = pglite;
    this.#wire = wire;
  }

  /** Executes a query, by the connection where it is neither. Throws what the database answers, as that does. */
  async execute<Row>(connection: DatabaseConnection, query: CompiledQuery): Promise<QueryResult<Row>> {
    const { sql, parameters } = query;
    const name = this.#names.findName(sql);
    if (name !== undefined) return this.#executePrepared(name, sql, parameters);
    return isPlannedEachTime(sql) ? this.#executePlanned(sql, parameters) : connection.executeQuery<Row>(query);
  }

  async #executePrepared<Row>(name: string, text: string, parameters: readonly unknown[]): Promise<QueryResult<Row>> {
    this.#uses += 1;
    if (replanAt.has(this.#uses)) await this.#pglite.exec('discard plans');
    return this.#pglite.runExclusive(async () => this.#run<Row>(name, await this.#findTypes(name, text), parameters));
  }

  /** Within a transaction what comes after it is planned for its values too. */
  #executePlanned<Row>(text: string, parameters: readonly unknown[]): Promise<QueryResult<Row>> {
    const { serialize } = this.#wire.protocol;
    return this.#pglite.runExclusive(async () => {
      await this.#findTypes(planEachTime.name, planEachTime.text);
      const types = await this.#prepare('', text);
      return this.#run<Row>('', types, parameters, [
        serialize.bind({ statement: planEachTime.name }),
        serialize.execute(),
      ]);
    });
  }

  async #findTypes(name: string, text: string): Promise<readonly number[]> {
    const known = this.#prepared.get(name);
    if (known) return known;
    const types = await this.#prepare(name, text);
    this.#prepared.set(name, types);
    return types;
  }

  async #prepare(name: string, text: string): Promise<readonly number[]> {
    const { serialize } = this.#wire.protocol;
    const messages = await this.#send(serialize.parse({ name, text }), serialize.describe({ type: 'S', name }));
    return this.#wire.parse.parseDescribeStatementResults(messages);
  }

  async #run<Row>(
    statement: string,
    types: readonly number[],
    parameters: readonly unknown[],
    before: readonly Uint8Array[] = [],
  ): Promise<QueryResult<Row>> {
    const { serialize } = this.#wire.protocol;
    const values = parameters.map((value, index) => this.#serialize(value, types[index]));
    const messages = await this.#send(
      ...before,
      serialize.bind({ statement, values }),
      serialize.describe({ type: 'P' }),
      serialize.execute(),
    );
    const result = this.#wire.parse.parseResults(messages, this.#pglite.parsers).at(-1);
    if (!result) throw new Error('The embedded database answered nothing.');
    const { rows, affectedRows } = result;
    // What a row holds is the statement's own affair; no driver can look.
    return { rows: rows as Row[], ...(affectedRows !== undefined && { numAffectedRows: BigInt(affectedRows) }) };
  }

  #serialize(value: unknown, type: number | undefined): string | null {
    if (value === null || value === undefined) return null;
    const serializer = type === undefined ? undefined : this.#pglite.serializers[type];
    if (serializer) return serializer(value);
    if (typeof value === 'string') return value;
    throw new TypeError(`No serializer is known for parameters of type ${type}.`);
  }

  async #send(...messages: readonly Uint8Array[]) {
    const { serialize } = this.#wire.protocol;
    return (await this.#pglite.execProtocol(Buffer.concat([...messages, serialize.sync()]))).messages;
  }
}
