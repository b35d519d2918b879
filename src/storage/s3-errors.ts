import { S3ServiceException } from '@aws-sdk/client-s3';

/** How a request to the store failed; `code` and `status` are undefined where no answer came. */
export type S3Failure = {
  readonly code: string | undefined;
  readonly status: number | undefined;
  readonly message: string;
};

/** Reads what the client threw. */
export function describeS3Failure(error: unknown): S3Failure {
  const message = error instanceof Error ? error.message || error.name : String(error);
  if (!(error instanceof S3ServiceException)) return { code: undefined, status: undefined, message };
  return { code: error.name, status: error.$metadata.httpStatusCode, message };
}

/** Whether the store has no such file. */
export function isAbsent(error: unknown): boolean {
  const { code, status } = describeS3Failure(error);
  return code === 'NoSuchKey' || (status === 404 && code !== 'NoSuchBucket');
}

/** Whether a conditional write was refused since the key is taken, or is being taken this moment (409). */
export function isTaken(error: unknown): boolean {
  const { code, status } = describeS3Failure(error);
  return status === 412 || code === 'ConditionalRequestConflict';
}

/** Whether the store does not know what was asked of it, such as conditional writes. */
export function isNotImplemented(error: unknown): boolean {
  return describeS3Failure(error).status === 501;
}

/** Whether a range was asked for that the file does not have: from an empty one, any. */
export function isOutOfRange(error: unknown): boolean {
  return describeS3Failure(error).status === 416;
}
