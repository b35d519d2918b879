import { randomUUID } from 'node:crypto';
import { DeleteObjectCommand, ListObjectsV2Command, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { StoreUnusableError } from './errors.ts';
import type { S3Settings } from './s3-client.ts';
import { describeS3Failure, isNotImplemented, isTaken } from './s3-errors.ts';

/**
 * Lists, writes and deletes in the bucket as the store will, and answers whether the store keeps a file that is there when
 * it is asked to (`If-None-Match: *`). Throws a `StoreUnusableError` that says what to do.
 */
export async function requireUsableBucket(client: S3Client, settings: S3Settings): Promise<boolean> {
  const { bucket: Bucket, prefix } = settings;
  // Of its own name, since other processes may be starting too.
  const probe = { Bucket, Key: `${prefix}.probe-${randomUUID()}` };
  try {
    await client.send(new ListObjectsV2Command({ Bucket, Prefix: prefix, MaxKeys: 1 }));
    await client.send(new PutObjectCommand({ ...probe, Body: 'first' }));
    try {
      return await keepsFiles(client, probe);
    } finally {
      await client.send(new DeleteObjectCommand(probe));
    }
  } catch (error) {
    throw new StoreUnusableError(explain(error, settings), { cause: error });
  }
}

async function keepsFiles(client: S3Client, probe: { Bucket: string; Key: string }): Promise<boolean> {
  try {
    await client.send(new PutObjectCommand({ ...probe, Body: 'second', IfNoneMatch: '*' }));
    return false;
  } catch (error) {
    if (isTaken(error)) return true;
    if (isNotImplemented(error)) return false;
    throw error;
  }
}

const wrongRegion = new Set([
  'AuthorizationHeaderMalformed',
  'IllegalLocationConstraintException',
  'PermanentRedirect',
  'TemporaryRedirect',
]);

function explain(error: unknown, { endpoint, region, bucket }: S3Settings): string {
  const { code, status, message } = describeS3Failure(error);
  const place = endpoint ?? `Amazon S3 in ${region}`;
  const said = [code, message].filter(Boolean).join(': ');
  if (code === undefined && status === undefined) {
    return `The image store at ${place} cannot be reached: ${message}. Set S3_ENDPOINT to its address.`;
  }
  if (code === 'NoSuchBucket' || status === 404) {
    return `There is no bucket "${bucket}" at ${place}: create it, or set S3_BUCKET to one that is there.`;
  }
  if (code === 'InvalidAccessKeyId') return `${place} does not know the key of S3_ACCESS_KEY_ID.`;
  if (code === 'SignatureDoesNotMatch') {
    return `${place} does not accept the signature: S3_SECRET_ACCESS_KEY does not belong to S3_ACCESS_KEY_ID, or S3_REGION (${region}) is another.`;
  }
  if (code === 'RequestTimeTooSkewed')
    return `The clock of this machine differs too much from that of ${place}: set it.`;
  if (status === 301 || status === 307 || wrongRegion.has(code ?? '')) {
    return `The bucket "${bucket}" is not in the region ${region} (${said}): set S3_REGION, and S3_ENDPOINT where there is one.`;
  }
  if (status === 403) {
    return `${place} refuses the key of S3_ACCESS_KEY_ID (${said}): allow it s3:ListBucket on the bucket "${bucket}", and s3:GetObject, s3:PutObject and s3:DeleteObject on its objects.`;
  }
  return `The bucket "${bucket}" at ${place} cannot be used: ${said}`;
}
