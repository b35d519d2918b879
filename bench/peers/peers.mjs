// What a team would write by hand instead: one statement a request, on the yardstick's schema (limit.sql).
// PORT=4101 node peers.mjs bare|mercurius|postgraphile postgres://…
import http from 'node:http';
import pg from 'pg';

const [which, connectionString] = process.argv.slice(2);
const port = Number(process.env.PORT);
const host = '127.0.0.1';

const columns =
  'reference name barcode email phone mobile fax comment website currency logo city country billing_city billing_country postal_code address tax_number on_hold_reason'.split(
    ' ',
  );
const typeDefs = `
  input In { reference: String! name: String! category: String segmentation: String user: String city: String country: String email: String phone: String creditLimit: Float paymentTypes: [Int!] }
  type Customer { id: ID! ${columns.map((column) => `${column}: String`).join(' ')} }
  type Query { ok: Boolean }
  type Mutation { upsertCustomer(input: In!): Customer! }`;

function createUpsert() {
  const pool = new pg.Pool({ connectionString, max: 16 });
  const text = 'select * from yardstick.upsert_customer($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11)';
  return async (i) => {
    const { reference, name, category, segmentation, user, city, country, email, phone, creditLimit, paymentTypes } = i;
    const values = [
      reference,
      name,
      category,
      segmentation,
      user,
      city,
      country,
      email,
      phone,
      creditLimit,
      paymentTypes,
    ];
    const { rows } = await pool.query({ name: 'upsert', text, values });
    return rows[0];
  };
}

const peers = {
  /** node:http and pg, no GraphQL at all: the input is taken from the variables as it is. */
  bare: async () => {
    const upsert = createUpsert();
    const server = http.createServer((request, response) => {
      const chunks = [];
      request.on('data', (chunk) => chunks.push(chunk));
      request.on('end', async () => {
        const { variables } = JSON.parse(Buffer.concat(chunks));
        const data = { upsertCustomer: await upsert(variables.input) };
        response.setHeader('content-type', 'application/json').end(JSON.stringify({ data }));
      });
    });
    server.listen(port, host);
  },
  mercurius: async () => {
    const { default: fastify } = await import('fastify');
    const { default: mercurius } = await import('mercurius');
    const upsert = createUpsert();
    const resolvers = { Mutation: { upsertCustomer: (_, { input }) => upsert(input) } };
    const app = fastify();
    app.register(mercurius, { schema: typeDefs, resolvers, jit: 1 });
    await app.listen({ port, host });
  },
  /** Its lists only; many-to-many relations by the table between, as it does without further plugins. */
  postgraphile: async () => {
    const { postgraphile } = await import('postgraphile');
    const { PostGraphileAmberPreset } = await import('postgraphile/presets/amber');
    const { makePgService } = await import('postgraphile/adaptors/pg');
    const { grafserv } = await import('postgraphile/grafserv/node');
    const pgl = postgraphile({
      extends: [PostGraphileAmberPreset],
      pgServices: [makePgService({ connectionString, schemas: ['yardstick'] })],
      grafast: { explain: false },
      grafserv: { graphiql: false },
    });
    const server = http.createServer();
    await pgl.createServ(grafserv).addTo(server);
    server.listen(port, host);
  },
};

await peers[which]();
