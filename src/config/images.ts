import path from 'node:path';
import { type Problems, complain, complainMissing } from './problems.ts';
import { parseUrl } from './url.ts';

/** Image files in a bucket of an S3-compatible store: `prefix` is empty or ends in a slash. */
export type S3Config = {
  readonly kind: 's3';
  /** Undefined for Amazon's own of the region. */
  readonly endpoint: string | undefined;
  readonly region: string;
  readonly bucket: string;
  readonly prefix: string;
  readonly forcePathStyle: boolean;
  /** Whether clients are sent to the store itself for a picture. */
  readonly presigns: boolean;
};

/** Where image files are kept. */
export type ImagesConfig = { readonly kind: 'disk'; readonly directory: string } | S3Config;

/** What proves to an S3-compatible store who asks. Never part of what is logged. */
export type S3Keys = { readonly accessKeyId: string; readonly secretAccessKey: string };

const bucketName = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const prefixPath = /^[A-Za-z0-9_-][A-Za-z0-9._-]*(?:\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*\/*$/;
const needsBucket = [
  'S3_ENDPOINT',
  'S3_REGION',
  'S3_ACCESS_KEY_ID',
  'S3_SECRET_ACCESS_KEY',
  'S3_PREFIX',
  'S3_FORCE_PATH_STYLE',
];

function readEndpoint(value: string | undefined, problems: Problems): string | undefined {
  if (!value) return undefined;
  const url = parseUrl(value, ['http:', 'https:']);
  if (!url || url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    complain(
      problems,
      'S3_ENDPOINT',
      value,
      'an http or https URL without user and query, such as https://s3.example.com',
    );
  }
  return value;
}

function readRegion(env: NodeJS.ProcessEnv, problems: Problems): string {
  const { S3_REGION: value, S3_ENDPOINT: endpoint } = env;
  if (!value && !endpoint)
    complainMissing(problems, 'S3_REGION', 'the region of the bucket, such as eu-west-3, or S3_ENDPOINT');
  if (value && !/^[\w-]+$/.test(value)) complain(problems, 'S3_REGION', value, 'a region such as eu-west-3');
  // What stores without regions take.
  return value || 'us-east-1';
}

function readPrefix(value: string | undefined, problems: Problems): string {
  if (!value) return '';
  if (!prefixPath.test(value) || value.length > 200) {
    complain(problems, 'S3_PREFIX', value, 'a path of A-Z a-z 0-9 . _ - such as gateway/images');
  }
  return `${value.replace(/\/+$/, '')}/`;
}

function readBoolean(env: NodeJS.ProcessEnv, name: string, otherwise: boolean, problems: Problems): boolean {
  const value = env[name];
  if (!value) return otherwise;
  if (value !== 'true' && value !== 'false') complain(problems, name, value, 'true or false');
  return value === 'true';
}

function readPresigns(env: NodeJS.ProcessEnv, problems: Problems): boolean {
  const value = env['IMAGES_READ'] || 'proxy';
  if (value !== 'proxy' && value !== 'presign') complain(problems, 'IMAGES_READ', value, 'proxy or presign');
  if (value === 'presign' && !env['S3_BUCKET']) {
    complain(problems, 'IMAGES_READ', value, 'proxy while images are in a local folder: presign needs S3_BUCKET');
  }
  return value === 'presign';
}

/** The bucket of S3_BUCKET, or a folder in the data directory. */
export function readImages(env: NodeJS.ProcessEnv, dataDirectory: string, problems: Problems): ImagesConfig {
  const presigns = readPresigns(env, problems);
  const { S3_BUCKET: bucket } = env;
  if (!bucket) {
    const [other] = needsBucket.filter((name) => env[name]);
    if (other) complainMissing(problems, 'S3_BUCKET', `the bucket for the images, since ${other} is set`);
    return { kind: 'disk', directory: path.join(dataDirectory, 'images') };
  }
  if (!bucketName.test(bucket)) {
    complain(problems, 'S3_BUCKET', bucket, "a bucket's name: 3 to 63 lower-case letters, digits, dots and hyphens");
  }
  const endpoint = readEndpoint(env['S3_ENDPOINT'], problems);
  return {
    kind: 's3',
    endpoint,
    region: readRegion(env, problems),
    bucket,
    prefix: readPrefix(env['S3_PREFIX'], problems),
    forcePathStyle: readBoolean(env, 'S3_FORCE_PATH_STYLE', endpoint !== undefined, problems),
    presigns,
  };
}

/** The keys for the bucket of S3_BUCKET; undefined without one. */
export function readS3Keys(env: NodeJS.ProcessEnv, problems: Problems): S3Keys | undefined {
  if (!env['S3_BUCKET']) return undefined;
  const read = (name: string) => {
    const value = env[name];
    if (!value)
      complainMissing(problems, name, 'a key that may list, read, write and delete in the bucket of S3_BUCKET');
    return value ?? '';
  };
  return { accessKeyId: read('S3_ACCESS_KEY_ID'), secretAccessKey: read('S3_SECRET_ACCESS_KEY') };
}
