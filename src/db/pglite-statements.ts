import type { PGlite, parse, protocol } from '@electric-sql/pglite';
import type { CompiledQuery, DatabaseConnection, QueryResult } from 'kysely';
import { StatementNames, replanAt } from './statement-names.ts';

/** The parts of PGlite's package that speak PostgreSQL's own protocol. */
type Wire = { readonly parse: typeof parse; readonly protocol: typeof protocol };

/**
 * Executes what can be prepared as prepared statements, each parsed and planned once. PGlite's own `query` does both again
 * each time, which takes nine times as long as executing the reading of an upsert.
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

  /** Executes a query, by the connection where it is not to be prepared. Throws what the database answers, as that does. */
  async execute<Row>(connection: DatabaseConnection, query: CompiledQuery): Promise<QueryResult<Row>> {
    const { sql, parameters } = query;
    const name = this.#names.findName(sql);
    if (name === undefined) return connection.executeQuery<Row>(query);
    this.#uses += 1;
    if (replanAt.has(this.#uses)) await this.#pglite.exec('discard plans');
    return this.#pglite.runExclusive(async () => {
      const types = this.#prepared.get(name) ?? (await this.#prepare(name, sql));
      return this.#run<Row>(name, types, parameters);
    });
  }

  async #prepare(name: string, text: string): Promise<readonly number[]> {
    const { serialize } = this.#wire.protocol;
    const messages = await this.#send(serialize.parse({ name, text }), serialize.describe({ type: 'S', name }));
    const types = this.#wire.parse.parseDescribeStatementResults(messages);
    this.#prepared.set(name, types);
    return types;
  }

  async #run<Row>(
    statement: string,
    types: readonly number[],
    parameters: readonly unknown[],
  ): Promise<QueryResult<Row>> {
    const { serialize } = this.#wire.protocol;
    const values = parameters.map((value, index) => this.#serialize(value, types[index]));
    const messages = await this.#send(
      serialize.bind({ statement, values }),
      serialize.describe({ type: 'P' }),
      serialize.execute(),
    );
    const [result] = this.#wire.parse.parseResults(messages, this.#pglite.parsers);
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
