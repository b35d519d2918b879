import path from 'node:path';
import { type AuthConfig, readAuth } from './config/auth.ts';
import { type CorsConfig, readCors } from './config/cors.ts';
import { type DatabaseConfig, readDatabase } from './config/database.ts';
import { type Exposure, readExposure } from './config/exposure.ts';
import { type HttpConfig, readHttp, readMaxConnections } from './config/http.ts';
import { type ImagesConfig, type S3Keys, readImages, readS3Keys } from './config/images.ts';
import { ConfigError } from './config/problems.ts';
import { type RateConfig, readRate } from './config/rate.ts';
import { type TelemetryConfig, readDrainDelay, readTelemetry } from './config/telemetry.ts';
import { readWorkers } from './config/workers.ts';

/** What must never be logged, apart from the rest. */
export type Secrets = { readonly s3?: S3Keys };

export type Config = {
  readonly http: HttpConfig;
  /** How many connections a process serves at a time. */
  readonly maxConnections: number;
  readonly cors: CorsConfig;
  /** How many processes serve: more than one only with a PostgreSQL server. */
  readonly workers: number;
  readonly auth: AuthConfig;
  readonly rate: RateConfig;
  readonly exposure: Exposure;
  /** What every address in an answer begins with; no slash at its end. */
  readonly publicUrl: string;
  readonly dataDirectory: string;
  readonly database: DatabaseConfig;
  readonly images: ImagesConfig;
  readonly secrets: Secrets;
  /** A JSON file of operations by id; undefined where clients send theirs whole. */
  readonly persistedOperations: string | undefined;
  /** What the process tells of itself. */
  readonly telemetry: TelemetryConfig;
  /** How long a process that is to stop goes on as before, in milliseconds, but for saying that it is not ready. */
  readonly drainDelay: number;
};

/**
 * The settings of a process, read from the variables that `customer-gateway --help` lists; an empty one counts as unset.
 * Throws a `ConfigError` that names every variable with a bad value, and never a password.
 */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const problems: string[] = [];
  const dataDirectory = path.resolve(env['DATA_DIR'] || 'data');
  const database = Object.freeze(readDatabase(env['DATABASE_URL'], dataDirectory, problems));
  const { http, publicUrl } = readHttp(env, problems);
  const auth = Object.freeze(readAuth(env, http.host, problems));
  const s3 = readS3Keys(env, problems);
  const config: Config = {
    http,
    maxConnections: readMaxConnections(env['MAX_CONNECTIONS'], problems),
    publicUrl,
    auth,
    rate: readRate(env, auth.kind === 'off', problems),
    exposure: readExposure(env, auth, problems),
    cors: readCors(env['CORS_ORIGINS'], auth, problems),
    workers: readWorkers(env['WORKERS'], database.kind, problems),
    dataDirectory,
    database,
    persistedOperations: env['PERSISTED_OPERATIONS'] ? path.resolve(env['PERSISTED_OPERATIONS']) : undefined,
    images: Object.freeze(readImages(env, dataDirectory, problems)),
    secrets: Object.freeze(s3 ? { s3: Object.freeze(s3) } : {}),
    telemetry: readTelemetry(env, http, problems),
    drainDelay: readDrainDelay(env['DRAIN_DELAY'], problems),
  };
  if (problems.length > 0) throw new ConfigError(problems.join('\n'));
  return Object.freeze(config);
}
