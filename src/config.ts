import path from 'node:path';
import { type DatabaseConfig, readDatabase } from './config/database.ts';
import { type HttpConfig, readHttp } from './config/http.ts';
import { type ImagesConfig, type S3Keys, readImages, readS3Keys } from './config/images.ts';
import { ConfigError } from './config/problems.ts';
import { readWorkers } from './config/workers.ts';

/** What must never be logged, apart from the rest. */
export type Secrets = { readonly s3?: S3Keys };

export type Config = {
  readonly http: HttpConfig;
  /** How many processes serve: more than one only with a PostgreSQL server. */
  readonly workers: number;
  /** What every address in an answer begins with; no slash at its end. */
  readonly publicUrl: string;
  readonly dataDirectory: string;
  readonly database: DatabaseConfig;
  readonly images: ImagesConfig;
  readonly secrets: Secrets;
  /** A JSON file of operations by id; undefined where clients send theirs whole. */
  readonly persistedOperations: string | undefined;
};

/**
 * The settings of a process, read from PORT, HOST, WORKERS, DATA_DIR, DATABASE_URL, PUBLIC_URL,
 * PERSISTED_OPERATIONS, IMAGES_READ and those that begin with S3_; an empty variable counts as unset.
 * Throws a `ConfigError` that names every variable with a bad value, and never a password.
 */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const problems: string[] = [];
  const dataDirectory = path.resolve(env['DATA_DIR'] || 'data');
  const database = Object.freeze(readDatabase(env['DATABASE_URL'], dataDirectory, problems));
  const s3 = readS3Keys(env, problems);
  const config: Config = {
    ...readHttp(env, problems),
    workers: readWorkers(env['WORKERS'], database.kind, problems),
    dataDirectory,
    database,
    persistedOperations: env['PERSISTED_OPERATIONS'] ? path.resolve(env['PERSISTED_OPERATIONS']) : undefined,
    images: Object.freeze(readImages(env, dataDirectory, problems)),
    secrets: Object.freeze(s3 ? { s3: Object.freeze(s3) } : {}),
  };
  if (problems.length > 0) throw new ConfigError(problems.join('\n'));
  return Object.freeze(config);
}
