import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../src/config.ts';
import { describeStart, quoteForShell } from '../src/start-message.ts';

const entity1 = { id: 1, name: 'entity1' };

function describeWith(
  env: NodeJS.ProcessEnv,
  organizations = [entity1],
  provisioned?: string,
  hasKeys = false,
): string {
  return describeStart({ config: readConfig(env), organizations, provisioned, hasKeys }).join('\n');
}

/** The words of the printed command, as a shell reads them. */
function readCommand(message: string): string[] {
  const command = message.slice(message.indexOf('curl ')).replace('curl', 'printf "%s\\0"');
  return execFileSync('sh', ['-c', command], { encoding: 'utf8' }).split('\0').slice(0, -1);
}

describe('the message of a process that is ready', () => {
  it('says where both doors, the data and the organizations are', () => {
    const message = describeWith(
      { DATA_DIR: '/srv/gateway', PUBLIC_URL: 'https://example.com/gateway/' },
      undefined,
      'entity1',
    );
    expect(message).toMatch('  GraphQL        https://example.com/gateway/graphql ');
    expect(message).toMatch('  REST           https://example.com/gateway/api/v1.0\n');
    expect(message).toMatch('  Database       embedded, in /srv/gateway/database\n');
    expect(message).toMatch('  Images         /srv/gateway/images\n');
    expect(message).toMatch('  Organizations  entity1 (created just now from examples/entity1.yaml)\n');
  });

  it('names GraphiQL only where it is', () => {
    expect(describeWith({})).toMatch('/graphql (GraphiQL in a browser)\n');
    expect(describeWith({ AUTH: 'keys' })).toMatch('  GraphQL        http://127.0.0.1:4000/graphql\n');
    expect(describeWith({ AUTH: 'keys', GRAPHIQL: 'on' })).toMatch('/graphql (GraphiQL in a browser)\n');
  });

  it('names a server without user and password', () => {
    const message = describeWith({ DATABASE_URL: 'postgres://gateway:hunter2@db:5432/customers' });
    expect(message).toMatch('  Database       postgres://***@db:5432/customers\n');
    expect(message).not.toMatch('hunter2');
  });

  it('says how many processes serve where there are several', () => {
    const DATABASE_URL = 'postgres://db/customers';
    expect(describeWith({ DATABASE_URL, WORKERS: '4' })).toMatch('  Workers        4 processes\n');
    expect(describeWith({ DATABASE_URL, WORKERS: '1' })).not.toMatch('Workers');
  });

  it('names a bucket without its keys', () => {
    const keys = { S3_ACCESS_KEY_ID: 'AKIA', S3_SECRET_ACCESS_KEY: 'hunter2' };
    const bucket = { ...keys, S3_BUCKET: 'images', S3_PREFIX: 'a' };
    const message = describeWith({ ...bucket, S3_ENDPOINT: 'https://s3.example.com' });
    expect(message).toMatch('  Images         s3://images/a/ at https://s3.example.com\n');
    expect(message).not.toMatch(/AKIA|hunter2/);
    expect(describeWith({ ...bucket, S3_REGION: 'eu-west-3' })).toMatch(
      '  Images         s3://images/a/ in eu-west-3\n',
    );
  });

  it('offers the request of the customers page, to paste into a shell', () => {
    expect(readCommand(describeWith({}))).toEqual([
      '-i',
      'http://127.0.0.1:4000/api/v1.0/customers/reference/NC-3',
      ...[
        "name=Marie's Jewelry",
        'categoryId=jewelry',
        'customerSegmentationId=seg_a',
        'userId=emp-002',
        'billingCountry=FR',
        'billingCity=Nice',
        'creditLimit=5000',
        'dueDateConfigNumber=7',
        'dueDateConfigType=1',
        'paymentTypes=[{"id"=7},{"id"=8}]',
        'regionId=3',
      ].flatMap((field) => ['--data-urlencode', field]),
    ]);
  });

  it('says who may call, and how the first key is made', () => {
    const jwt = { JWT_JWKS_URL: 'https://id.example/jwks', JWT_ISSUER: 'https://id.example', JWT_AUDIENCE: 'gateway' };
    const lineOf = (env: NodeJS.ProcessEnv, hasKeys: boolean) =>
      /^ {2}Callers {8}(.*)$/m.exec(describeWith(env, undefined, undefined, hasKeys))?.[1];
    expect(lineOf({}, true)).toBe('anybody on this machine, without authentication (AUTH=off)');
    expect(lineOf({ AUTH: 'keys' }, true)).toBe('with API keys');
    expect(lineOf({ AUTH: 'keys' }, false)).toBe(
      'with API keys, of which there is none yet: customer-gateway keys create --name NAME makes one ' +
        '(stop this process first, which is using the database)',
    );
    expect(lineOf({ AUTH: 'keys', DATABASE_URL: 'postgres://db/customers' }, false)).toBe(
      'with API keys, of which there is none yet: customer-gateway keys create --name NAME makes one',
    );
    expect(lineOf({ AUTH: 'jwt', ...jwt }, false)).toBe('with tokens of https://id.example');
    expect(lineOf({ AUTH: 'keys,jwt', ...jwt }, true)).toBe('with API keys, with tokens of https://id.example');
  });

  it('has the request take the credential from the shell, where one is needed', () => {
    const jwt = { JWT_JWKS_URL: 'https://id.example/jwks', JWT_ISSUER: 'https://id.example', JWT_AUDIENCE: 'gateway' };
    expect(describeWith({ AUTH: 'keys' })).toMatch('  --header "X-API-Key: $API_KEY" \\\n');
    expect(describeWith({ AUTH: 'jwt', ...jwt })).toMatch('  --header "Authorization: Bearer $TOKEN" \\\n');
    expect(describeWith({})).not.toMatch('--header');
  });

  it('offers an organization other than the example only what it is sure to have', () => {
    const words = readCommand(describeWith({}, [{ id: 4, name: 'acme' }]));
    expect(words.filter((word) => word.includes('='))).toEqual([
      "name=Marie's Jewelry",
      'billingCountry=FR',
      'billingCity=Nice',
    ]);
  });

  it('names the organization in the request where there are several', () => {
    const words = readCommand(
      describeWith({}, [
        { id: 4, name: "L'Oréal" },
        { id: 5, name: 'acme' },
      ]),
    );
    expect(words.slice(2, 4)).toEqual(['--header', "X-Organization: L'Oréal"]);
    expect(readCommand(describeWith({}, [{ id: 4, name: 'acme' }, entity1]))).toContain('X-Organization: entity1');
  });

  it('says how to provision an organization where there is none, and offers no request', () => {
    const message = describeWith({ DATABASE_URL: 'postgres://db/customers' }, []);
    expect(message).toMatch(
      '  Organizations  none yet: customer-gateway provision examples/entity1.yaml creates one\n',
    );
    expect(message).not.toMatch('curl');
  });

  it('quotes any word so that a shell reads it back', () => {
    const words = fc.array(
      fc.string({ unit: 'grapheme' }).filter((word) => !word.includes('\0')),
      { minLength: 1 },
    );
    fc.assert(
      fc.property(words, (list) => {
        const command = `printf '%s\\0' ${list.map(quoteForShell).join(' ')}`;
        expect(execFileSync('sh', ['-c', command], { encoding: 'utf8' })).toBe(
          list.map((word) => `${word}\0`).join(''),
        );
      }),
      { numRuns: 30 },
    );
  });
});
