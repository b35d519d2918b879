import { availableParallelism } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../src/config.ts';
import { ConfigError, hidePasswords } from '../src/config/problems.ts';

/** As much as AUTH=jwt needs. */
const jwt = { JWT_JWKS_URL: 'https://id.example/jwks', JWT_ISSUER: 'https://id.example', JWT_AUDIENCE: 'gateway' };

/** The lines of the refusal; fails when the environment is accepted. */
function problemsOf(env: NodeJS.ProcessEnv): string[] {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n');
    throw error;
  }
  throw new Error('The environment was accepted.');
}

describe('configuration', () => {
  it('needs no variable: it is loopback, an embedded database and a local folder', () => {
    const dataDirectory = path.resolve('data');
    expect(readConfig({})).toEqual({
      http: { host: '127.0.0.1', port: 4000 },
      maxConnections: 2_000,
      cors: { origins: [] },
      workers: 1,
      publicUrl: 'http://127.0.0.1:4000',
      auth: { kind: 'off' },
      rate: { calls: undefined, failedAttempts: { count: 300, window: 300_000 }, trustedProxies: { count: 0 } },
      exposure: { graphiql: true, introspection: true },
      dataDirectory,
      database: { kind: 'pglite', directory: path.join(dataDirectory, 'database') },
      images: { kind: 'disk', directory: path.join(dataDirectory, 'images') },
      telemetry: { logLevel: 'info', accessLog: false, metrics: { kind: 'main' }, tracesUrl: undefined },
      drainDelay: 0,
      secrets: {},
    });
  });

  it('takes an empty variable for an unset one', () => {
    const empty = {
      PORT: '',
      HOST: '',
      WORKERS: '',
      DATA_DIR: '',
      DATABASE_URL: '',
      PUBLIC_URL: '',
      PERSISTED_OPERATIONS: '',
      AUTH: '',
      RATE_LIMIT: '',
      TRUSTED_PROXIES: '',
      GRAPHIQL: '',
      INTROSPECTION: '',
      JWT_ISSUER: '',
    };
    expect(readConfig(empty)).toEqual(readConfig({}));
  });

  it('keeps everything below DATA_DIR, and the database on the server of DATABASE_URL', () => {
    const url = 'postgresql://gateway:s%40fe@db.example.com:5433/customers?sslmode=require';
    expect(readConfig({ DATA_DIR: '/srv/gateway', DATABASE_URL: url })).toMatchObject({
      dataDirectory: '/srv/gateway',
      database: { kind: 'postgres', url },
      images: { kind: 'disk', directory: '/srv/gateway/images' },
    });
  });

  it('cannot be changed, at any depth', () => {
    const config = readConfig({ AUTH: 'jwt', ...jwt, RATE_LIMIT: '1/s' });
    const { http, database, images, telemetry, auth, rate, cors } = config;
    const parts = [config, http, database, images, telemetry, telemetry.metrics, auth, rate, ...Object.values(rate)];
    const deeper: unknown[] = auth.kind === 'on' ? [auth.jwt, auth.jwt?.algorithms] : [];
    expect(deeper).toHaveLength(2);
    deeper.push(cors, cors.origins);
    expect([...parts, ...deeper].filter((part) => !Object.isFrozen(part))).toEqual([]);
  });

  it('lets the pages of listed origins call, and of all only with authentication', () => {
    const list = 'https://app.example.com, http://localhost:5173';
    expect(readConfig({ CORS_ORIGINS: list }).cors).toEqual({ origins: list.split(', ') });
    expect(readConfig({ CORS_ORIGINS: '*', AUTH: 'keys' }).cors).toEqual({ origins: 'any' });
    expect(problemsOf({ CORS_ORIGINS: '*' })).toEqual([
      'CORS_ORIGINS is "*", but must be a list of origins, since AUTH is off: * would let every page do everything.',
    ]);
  });

  it.each([
    ...[
      'https://app.example.com/',
      'https://app.example.com/app',
      'app.example.com',
      'null',
      'HTTPS://app.example.com',
    ],
    ...['https://*.example.com', 'https://app.example.com:443', 'ftp://app.example.com', '*,https://app.example.com'],
  ])('takes %s for no origins that a browser would name', (CORS_ORIGINS) => {
    expect(problemsOf({ CORS_ORIGINS, AUTH: 'keys' })).toEqual([expect.stringContaining('CORS_ORIGINS is ')]);
  });

  it('bounds the connections of a process', () => {
    expect(readConfig({ MAX_CONNECTIONS: '50' }).maxConnections).toBe(50);
    for (const MAX_CONNECTIONS of ['0', '-1', '1e3', '1000001', 'many'])
      expect(problemsOf({ MAX_CONNECTIONS })).toEqual([
        expect.stringMatching(/^MAX_CONNECTIONS is .* from 1 to 1000000/),
      ]);
  });

  it.each([
    ['::1', 'http://[::1]:4000'],
    ['[::1]', 'http://[::1]:4000'],
    ['0:0:0:0:0:0:0:1', 'http://[0:0:0:0:0:0:0:1]:4000'],
    ['127.8.9.10', 'http://127.8.9.10:4000'],
    ['LOCALHOST', 'http://localhost:4000'],
  ])('listens on the loopback address %s and calls itself %s', (HOST, publicUrl) => {
    expect(readConfig({ HOST }).publicUrl).toBe(publicUrl);
  });

  const elsewhere = ['0.0.0.0', '::', '192.168.1.4', '128.0.0.1', 'example.com', 'localhost.example.com', '127.0.0.1 '];
  const choices =
    'keys (API keys, which customer-gateway keys create makes), jwt (tokens of an identity provider, with ' +
    'JWT_JWKS_URL, JWT_ISSUER and JWT_AUDIENCE), or keys,jwt';

  it.each(elsewhere)('refuses to listen on %j while nothing says who may call, and says what is missing', (HOST) => {
    expect(problemsOf({ HOST })).toEqual([
      `AUTH is not set, but HOST is ${JSON.stringify(HOST)}, which is not on this machine alone: it must be ${choices}.`,
    ]);
  });

  it.each(elsewhere)('refuses to listen on %j without authentication', (HOST) => {
    expect(problemsOf({ HOST, AUTH: 'off' })).toEqual([
      `AUTH is "off", but must be ${choices}, since HOST is ${JSON.stringify(HOST)}, which is not on this machine alone.`,
    ]);
  });

  it.each(elsewhere)('listens on %j where callers are authenticated', (HOST) => {
    expect(readConfig({ HOST, AUTH: 'keys' }).auth).toEqual({ kind: 'on', keys: true, jwt: undefined });
  });

  it('calls itself localhost where it listens on all addresses', () => {
    expect(readConfig({ HOST: '0.0.0.0', AUTH: 'keys' }).publicUrl).toBe('http://localhost:4000');
    expect(readConfig({ HOST: '::', AUTH: 'keys' }).publicUrl).toBe('http://localhost:4000');
  });

  it('takes tokens of an identity provider, with the usual claims and signatures unless told', () => {
    expect(readConfig({ AUTH: 'keys, jwt', ...jwt }).auth).toEqual({
      kind: 'on',
      keys: true,
      jwt: {
        jwksUrl: jwt.JWT_JWKS_URL,
        issuer: jwt.JWT_ISSUER,
        audience: jwt.JWT_AUDIENCE,
        algorithms: ['RS256', 'PS256', 'ES256', 'EdDSA'],
        organizationClaim: 'organization',
        scopeClaim: 'scope',
        userClaim: undefined,
      },
    });
    const told = { JWT_ALGORITHMS: 'ES384', JWT_ORGANIZATION_CLAIM: 'o', JWT_SCOPE_CLAIM: 's', JWT_USER_CLAIM: 'u' };
    expect(readConfig({ AUTH: 'jwt', ...jwt, ...told }).auth).toMatchObject({
      keys: false,
      jwt: { algorithms: ['ES384'], organizationClaim: 'o', scopeClaim: 's', userClaim: 'u' },
    });
  });

  it('names everything that AUTH=jwt lacks', () => {
    expect(problemsOf({ AUTH: 'jwt' })).toEqual([
      'JWT_JWKS_URL is not set, but AUTH names jwt: it must be the https address of the identity provider’s keys.',
      'JWT_ISSUER is not set, but AUTH names jwt: it must be the `iss` that its tokens have.',
      'JWT_AUDIENCE is not set, but AUTH names jwt: it must be the `aud` that tokens for this gateway have.',
    ]);
  });

  it.each(['http://id.example/jwks', 'id.example', 'https://user:secret@id.example/jwks', 'file:///jwks'])(
    'refuses JWT_JWKS_URL=%s',
    (JWT_JWKS_URL) => {
      const [problem, ...others] = problemsOf({ AUTH: 'jwt', ...jwt, JWT_JWKS_URL });
      expect(others).toEqual([]);
      expect(problem).toMatch(/^JWT_JWKS_URL is .* must be an https URL without user and password/);
      expect(problem).not.toMatch('secret');
    },
  );

  it.each(['http://localhost:8080/jwks', 'http://127.0.0.1/jwks', 'http://[::1]/jwks'])(
    'takes JWT_JWKS_URL=%s, which does not leave this machine',
    (JWT_JWKS_URL) => {
      expect(readConfig({ AUTH: 'jwt', ...jwt, JWT_JWKS_URL }).auth).toMatchObject({ jwt: { jwksUrl: JWT_JWKS_URL } });
    },
  );

  it.each(['HS256', 'none', 'RS256,HS512', 'RS256,', 'rs256'])(
    'refuses JWT_ALGORITHMS=%s, with which whoever knows the public keys could sign, or anybody',
    (JWT_ALGORITHMS) => {
      expect(problemsOf({ AUTH: 'jwt', ...jwt, JWT_ALGORITHMS })).toEqual([
        expect.stringMatching(/^JWT_ALGORITHMS is ".*", but must be a list such as RS256,PS256,ES256,EdDSA, of /),
      ]);
    },
  );

  it.each(['none', 'off,keys', 'on', 'keys,', 'key', 'OFF'])('refuses AUTH=%s', (AUTH) => {
    expect(problemsOf({ AUTH })).toEqual([`AUTH is "${AUTH}", but must be off, keys, jwt or keys,jwt.`]);
  });

  it('does not let settings of tokens be without effect', () => {
    expect(problemsOf({ JWT_ISSUER: 'https://id.example', JWT_USER_CLAIM: 'sub' })).toEqual([
      'JWT_ISSUER is set, but AUTH does not name jwt.',
      'JWT_USER_CLAIM is set, but AUTH does not name jwt.',
    ]);
  });

  it('limits calls where they need a credential, and where it is told to', () => {
    const usual = { count: 60_000, window: 60_000 };
    expect(readConfig({ AUTH: 'keys' }).rate.calls).toEqual(usual);
    expect(readConfig({ AUTH: 'jwt', ...jwt }).rate.calls).toEqual(usual);
    expect(readConfig({ AUTH: 'keys', RATE_LIMIT: 'off' }).rate.calls).toBeUndefined();
    expect(readConfig({ RATE_LIMIT: '100/s' }).rate.calls).toEqual({ count: 100, window: 1_000 });
    expect(readConfig({ RATE_LIMIT: '600/min' }).rate.calls).toEqual({ count: 600, window: 60_000 });
    expect(readConfig({ RATE_LIMIT: '9999999/h' }).rate.calls).toEqual({ count: 9_999_999, window: 3_600_000 });
  });

  it.each(['0/s', '-1/s', '600', '600/', '1.5/s', '10000000/s', '600/m', '600 / min', '600/MIN', 'on', 'OFF', 'off/s'])(
    'refuses RATE_LIMIT=%j',
    (RATE_LIMIT) => {
      expect(problemsOf({ RATE_LIMIT })).toEqual([
        `RATE_LIMIT is ${JSON.stringify(RATE_LIMIT)}, but must be calls per s, min or h, such as 600/min, up to 9999999, or off.`,
      ]);
    },
  );

  it('believes no X-Forwarded-For but that of proxies it is told of', () => {
    const proxiesOf = (TRUSTED_PROXIES: string) => readConfig({ TRUSTED_PROXIES }).rate.trustedProxies;
    expect(proxiesOf('')).toEqual({ count: 0 });
    expect(proxiesOf('2')).toEqual({ count: 2 });
    expect(proxiesOf('10.0.0.0/8, ::1,2001:db8::/32')).toEqual({ addresses: ['10.0.0.0/8', '::1', '2001:db8::/32'] });
  });

  it.each([
    '17',
    '-1',
    '1.5',
    'true',
    '*',
    'balancer',
    '10.0.0.0/33',
    '0.0.0.0/0',
    '::/0',
    '10.0.0.0/8,',
    '::1%lo',
    '10.0.0',
  ])('refuses TRUSTED_PROXIES=%j', (TRUSTED_PROXIES) => {
    expect(problemsOf({ TRUSTED_PROXIES })).toEqual([
      `TRUSTED_PROXIES is ${JSON.stringify(TRUSTED_PROXIES)}, but must be addresses and subnets such as 10.0.0.0/8,::1, ` +
        'or how many proxies there are one behind another, up to 16.',
    ]);
  });

  it.each(['1', '080', '65535'])('takes PORT=%s', (PORT) => {
    expect(readConfig({ PORT }).http.port).toBe(Number(PORT));
  });

  it.each(['0', '65536', '99999', '-1', '4e3', '0x50', '4000\r', ' ', '1.5', 'http'])('refuses PORT=%j', (PORT) => {
    expect(problemsOf({ PORT })).toEqual([
      `PORT is ${JSON.stringify(PORT)}, but must be a whole number from 1 to 65535.`,
    ]);
  });

  it('takes as many WORKERS as it is told on a server, and with auto one for each core', () => {
    const DATABASE_URL = 'postgres://db/customers';
    expect(readConfig({ DATABASE_URL }).workers).toBe(1);
    expect(readConfig({ DATABASE_URL, WORKERS: '256' }).workers).toBe(256);
    expect(readConfig({ DATABASE_URL, WORKERS: 'auto' }).workers).toBe(availableParallelism());
  });

  it('serves by one process from an embedded database, and says what more would take', () => {
    expect(readConfig({ WORKERS: '1' }).workers).toBe(1);
    expect(readConfig({ WORKERS: 'auto' }).workers).toBe(1);
    expect(problemsOf({ WORKERS: '2' })).toEqual([
      'WORKERS is "2", but must be 1 or auto with an embedded database, which one process at a time uses: ' +
        'set DATABASE_URL for more.',
    ]);
  });

  it.each(['0', '257', '-1', '1.5', '1e2', 'Auto', 'all', ' '])('refuses WORKERS=%j', (WORKERS) => {
    expect(problemsOf({ WORKERS, DATABASE_URL: 'postgres://db/customers' })).toEqual([
      `WORKERS is ${JSON.stringify(WORKERS)}, but must be a whole number from 1 to 256, or auto.`,
    ]);
  });

  it.each([
    ['https://example.com/', 'https://example.com'],
    ['https://example.com:443/gateway//', 'https://example.com/gateway'],
    ['HTTP://Example.com:8080', 'http://example.com:8080'],
  ])('takes PUBLIC_URL=%s as %s', (PUBLIC_URL, publicUrl) => {
    expect(readConfig({ PUBLIC_URL }).publicUrl).toBe(publicUrl);
  });

  it.each([
    'example.com',
    'ftp://example.com',
    'https://example.com/?a=1',
    'https://example.com/?',
    'https://example.com/#a',
    'https://user@example.com',
    'https://',
  ])('refuses PUBLIC_URL=%s', (PUBLIC_URL) => {
    expect(problemsOf({ PUBLIC_URL })).toEqual([
      expect.stringMatching(/^PUBLIC_URL is .* must be an http or https URL/),
    ]);
  });

  const s3 = { S3_BUCKET: 'images', S3_ACCESS_KEY_ID: 'AKIA', S3_SECRET_ACCESS_KEY: 'hunter2' };

  it('keeps images in the bucket of S3_BUCKET, and its keys apart from what may be logged', () => {
    const { images, secrets, ...rest } = readConfig({
      ...s3,
      S3_ENDPOINT: 'https://s3.example.com',
      S3_PREFIX: 'gateway/images/',
      IMAGES_READ: 'presign',
    });
    expect(images).toEqual({
      kind: 's3',
      endpoint: 'https://s3.example.com',
      region: 'us-east-1',
      bucket: 'images',
      prefix: 'gateway/images/',
      forcePathStyle: true,
      presigns: true,
    });
    expect(secrets).toEqual({ s3: { accessKeyId: 'AKIA', secretAccessKey: 'hunter2' } });
    expect(JSON.stringify({ images, ...rest })).not.toMatch(/AKIA|hunter2/);
  });

  it("takes Amazon's own store of a region without S3_ENDPOINT", () => {
    expect(readConfig({ ...s3, S3_REGION: 'eu-west-3', S3_FORCE_PATH_STYLE: 'true' }).images).toMatchObject({
      endpoint: undefined,
      region: 'eu-west-3',
      prefix: '',
      forcePathStyle: true,
      presigns: false,
    });
    expect(readConfig({ ...s3, S3_REGION: 'eu-west-3' }).images).toMatchObject({ forcePathStyle: false });
  });

  it.each([
    [{ S3_ENDPOINT: 'https://s3.example.com' }, /^S3_BUCKET is missing: .* since S3_ENDPOINT is set\.$/],
    [{ S3_SECRET_ACCESS_KEY: 'hunter2' }, /^S3_BUCKET is missing: .* since S3_SECRET_ACCESS_KEY is set\.$/],
    [{ ...s3, S3_REGION: '' }, /^S3_REGION is missing: it must be the region of the bucket/],
    [{ ...s3, S3_REGION: 'eu west' }, /^S3_REGION is "eu west"/],
    [{ ...s3, S3_REGION: 'a', S3_ACCESS_KEY_ID: '' }, /^S3_ACCESS_KEY_ID is missing/],
    [{ ...s3, S3_REGION: 'a', S3_SECRET_ACCESS_KEY: '' }, /^S3_SECRET_ACCESS_KEY is missing/],
    [{ ...s3, S3_ENDPOINT: 's3.example.com' }, /^S3_ENDPOINT is "s3.example.com", but must be an http or https URL/],
    [{ ...s3, S3_ENDPOINT: 'https://a:hunter2@b' }, /^S3_ENDPOINT is "https:\/\/\*\*\*@b"/],
    [{ ...s3, S3_REGION: 'a', S3_BUCKET: 'My_Bucket' }, /^S3_BUCKET is "My_Bucket"/],
    [{ ...s3, S3_REGION: 'a', S3_PREFIX: '../a' }, /^S3_PREFIX is "\.\.\/a"/],
    [{ ...s3, S3_REGION: 'a', S3_PREFIX: '/a' }, /^S3_PREFIX is "\/a"/],
    [
      { ...s3, S3_REGION: 'a', S3_FORCE_PATH_STYLE: 'yes' },
      /^S3_FORCE_PATH_STYLE is "yes", but must be true or false\.$/,
    ],
    [{ IMAGES_READ: 'presign' }, /^IMAGES_READ is "presign", but must be proxy while images are in a local folder/],
    [{ ...s3, S3_REGION: 'a', IMAGES_READ: 'both' }, /^IMAGES_READ is "both", but must be proxy or presign\.$/],
  ])('refuses %j and names the variable', (env, message) => {
    const problems = problemsOf(env);
    expect(problems).toEqual([expect.stringMatching(message)]);
    expect(problems.join()).not.toMatch(/hunter2/);
  });

  it('names every bad variable at once, a line each', () => {
    const problems = problemsOf({ PORT: 'x', HOST: '::', AUTH: 'x', DATABASE_URL: 'mysql://h/d', PUBLIC_URL: '/' });
    expect(problems.map((problem) => problem.split(' ')[0]).toSorted()).toEqual([
      'AUTH',
      'DATABASE_URL',
      'PORT',
      'PUBLIC_URL',
    ]);
  });

  it.each([
    'mysql://gateway:hunter2@host/db',
    'postgres://gateway:hunter2%zz@host/db',
    'postgres://gateway:a/hunter2@host/db',
    'postgres://gateway:hun@ter2@host:port/db',
    'gateway:hunter2@host/db',
    'host=localhost user=gateway password=hunter2 x',
    'mysql://host/db?user=gateway&password=hunter2',
    'mysql://host/db?password=a@hunter2',
  ])('refuses DATABASE_URL=%s without repeating its password', (DATABASE_URL) => {
    const [problem] = problemsOf({ DATABASE_URL });
    expect(problem).toMatch(/^DATABASE_URL is ".*", but must be a URL such as postgres:/);
    expect(problem).not.toMatch(/hun|ter2/);
  });

  it('never shows the password of a PostgreSQL URL, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (text) => {
        const url = `postgres://gateway:<${encodeURIComponent(text.toWellFormed())}>@host:5432/db`;
        expect(hidePasswords(url)).toBe('postgres://***@host:5432/db');
      }),
    );
  });
});

describe('what a process tells of itself', () => {
  it('is at the main port while only this machine reaches that, or at one of its own', () => {
    expect(readConfig({}).telemetry.metrics).toEqual({ kind: 'main' });
    const http = { host: '127.0.0.1', port: 9464 };
    expect(readConfig({ METRICS_PORT: '9464' }).telemetry.metrics).toEqual({ kind: 'own', http });
    const open = { METRICS_PORT: '9464', METRICS_HOST: '[::]' };
    expect(readConfig(open).telemetry.metrics).toEqual({ kind: 'own', http: { host: '::', port: 9464 } });
  });

  it('goes where OpenTelemetry’s own variables say', () => {
    const base = 'http://collector:4318/';
    expect(readConfig({ OTEL_EXPORTER_OTLP_ENDPOINT: base }).telemetry.tracesUrl).toBe(
      'http://collector:4318/v1/traces',
    );
    const traces = { OTEL_EXPORTER_OTLP_ENDPOINT: base, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://other/in' };
    expect(readConfig(traces).telemetry.tracesUrl).toBe('http://other/in');
    expect(readConfig({ ...traces, OTEL_SDK_DISABLED: 'true' }).telemetry.tracesUrl).toBeUndefined();
  });

  it.each<[NodeJS.ProcessEnv, boolean, boolean]>([
    [{}, true, true],
    [{ AUTH: 'keys' }, false, false],
    [{ AUTH: 'keys', HOST: '0.0.0.0' }, false, false],
    [{ AUTH: 'jwt', ...jwt }, false, false],
    [{ AUTH: 'keys', GRAPHIQL: 'on' }, true, false],
    [{ AUTH: 'keys', HOST: '::', INTROSPECTION: 'on' }, false, true],
    [{ GRAPHIQL: 'off', INTROSPECTION: 'off' }, false, false],
  ])('%j shows GraphiQL: %s, and the schema: %s', (env, graphiql, introspection) => {
    expect(readConfig(env).exposure).toEqual({ graphiql, introspection });
  });

  it('takes a level, a switch and a delay', () => {
    const config = readConfig({ LOG_LEVEL: 'WARN', ACCESS_LOG: 'on', DRAIN_DELAY: '5' });
    expect(config).toMatchObject({ telemetry: { logLevel: 'warn', accessLog: true }, drainDelay: 5_000 });
  });

  it.each([
    ['LOG_LEVEL', 'loud'],
    ['ACCESS_LOG', 'yes'],
    ['GRAPHIQL', 'true'],
    ['INTROSPECTION', 'ON'],
    ['METRICS_PORT', '0'],
    ['METRICS_PORT', '4000'],
    ['DRAIN_DELAY', '-1'],
    ['DRAIN_DELAY', '301'],
    ['DRAIN_DELAY', '1.5'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4318'],
    ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'ftp://collector'],
  ])('refuses %s=%s by name', (name, value) => {
    expect(problemsOf({ [name]: value })).toEqual([
      expect.stringMatching(`^${name} is ${JSON.stringify(value)}, but must`),
    ]);
  });
});
