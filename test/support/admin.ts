import pg from 'pg';

/** The same server, another database. */
export function withDatabase(url: string, name: string): string {
  const other = new URL(url);
  other.pathname = `/${name}`;
  return other.href;
}

/** Creates a database: a copy of `template`, or an empty one. */
export async function createDatabase(url: string, name: string, template = 'template1'): Promise<void> {
  await administer(url, async (client) => {
    await client.query(`create database ${pg.escapeIdentifier(name)} template ${pg.escapeIdentifier(template)}`);
  });
}

/** Drops every database whose name begins with `prefix`, whoever is connected to it. */
export async function dropDatabases(url: string, prefix: string): Promise<void> {
  await administer(url, async (client) => {
    const { rows } = await client.query<{ datname: string }>(
      'select datname from pg_database where starts_with(datname, $1)',
      [prefix],
    );
    for (const { datname } of rows) {
      await client.query(`drop database if exists ${pg.escapeIdentifier(datname)} with (force)`);
    }
  });
}

/** Whether the server of `url` lets anybody open further connections to the database `name`; those there are stay. */
export async function allowConnections(url: string, name: string, isAllowed: boolean): Promise<void> {
  await administer(url, async (client) => {
    await client.query(`alter database ${pg.escapeIdentifier(name)} allow_connections ${isAllowed}`);
  });
}

/** Makes a database unreachable for everybody and back; disposing opens it again. */
export function createDisturber(
  url: string,
): AsyncDisposable & { readonly close: () => Promise<void>; readonly open: () => Promise<void> } {
  const name = new URL(url).pathname.slice(1);
  const server = withDatabase(url, 'postgres');
  const close = async () => {
    await allowConnections(server, name, false);
    await administer(server, async (client) => {
      await client.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [name]);
    });
  };
  const open = () => allowConnections(server, name, true);
  return { close, open, [Symbol.asyncDispose]: open };
}

async function administer(url: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url, application_name: 'customer-gateway tests' });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
