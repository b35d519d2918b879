import path from 'node:path';
import type { BlobStore } from '../../src/storage/blob-store.ts';
import { createDiskStore } from '../../src/storage/disk.ts';
import { createS3Store } from '../../src/storage/s3.ts';
import { bucket, s3Keys, startS3Server } from '../support/s3-server.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

/** Where a gateway keeps its images: as its settings, which the printed commands use too, and as it sees them itself. */
export type Place = AsyncDisposable & { readonly env: Readonly<Record<string, string>>; readonly blobs: BlobStore };

export async function createFolderPlace(): Promise<Place> {
  const folder = await createTemporaryFolder();
  const DATA_DIR = path.join(folder.path, 'data');
  return {
    env: { DATA_DIR },
    blobs: createDiskStore(path.join(DATA_DIR, 'images')),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

/** A bucket on a server of its own, below a prefix. */
export async function createBucketPlace(): Promise<Place> {
  const folder = await createTemporaryFolder();
  const server = await startS3Server();
  const { settings, endpoint } = server;
  const store = createS3Store({ ...settings, prefix: 'gateway/' }, s3Keys, { presigns: false });
  return {
    env: {
      DATA_DIR: path.join(folder.path, 'data'),
      S3_BUCKET: bucket,
      S3_PREFIX: 'gateway',
      S3_ENDPOINT: endpoint,
      S3_ACCESS_KEY_ID: s3Keys.accessKeyId,
      S3_SECRET_ACCESS_KEY: s3Keys.secretAccessKey,
      ...awsEnv,
    },
    blobs: store.blobs,
    [Symbol.asyncDispose]: async () => {
      store[Symbol.dispose]();
      await server[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** What `aws` has of its own, whatever is set up on this machine. */
const awsEnv = {
  AWS_ACCESS_KEY_ID: s3Keys.accessKeyId,
  AWS_SECRET_ACCESS_KEY: s3Keys.secretAccessKey,
  AWS_REGION: 'us-east-1',
  AWS_CONFIG_FILE: '/dev/null',
  AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_REQUEST_CHECKSUM_CALCULATION: 'when_required',
};
