import { S3Client } from '@aws-sdk/client-s3';
import { limits } from '../contract/limits.ts';
import { createRetryStrategy } from './s3-retries.ts';

/** Where the bucket is; `prefix` is empty or ends in a slash; without an `endpoint` it is Amazon's of the region. */
export type S3Settings = {
  readonly endpoint: string | undefined;
  readonly region: string;
  readonly bucket: string;
  readonly prefix: string;
  readonly forcePathStyle: boolean;
};

export type S3Keys = { readonly accessKeyId: string; readonly secretAccessKey: string };

/**
 * Milliseconds and attempts: how long a request may take, with all its attempts, before the store counts as away; `pause` is
 * what the pauses between attempts grow from.
 */
export type S3Patience = {
  readonly connect: number;
  readonly answer: number;
  readonly deadline: number;
  readonly attempts: number;
  readonly pause: number;
};

const { connectMillis, answerMillis, deadlineMillis, attempts: mostAttempts } = limits.store;

export const usualPatience: S3Patience = {
  connect: connectMillis,
  answer: answerMillis,
  deadline: deadlineMillis,
  attempts: mostAttempts,
  pause: 50,
};

/**
 * A client that repeats what may succeed later, each time after a longer pause. Checksums that only some stores know are left out: the signature covers what is uploaded.
 */
export function createS3Client(
  { endpoint, region, forcePathStyle }: S3Settings,
  credentials: S3Keys,
  { connect, answer, attempts, pause }: S3Patience,
): S3Client {
  return new S3Client({
    ...(endpoint !== undefined && { endpoint }),
    region,
    forcePathStyle,
    // The client makes notes on it.
    credentials: { ...credentials },
    retryStrategy: createRetryStrategy(attempts, pause),
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: connect, requestTimeout: answer, throwOnRequestTimeout: true },
  });
}
