import { randomUUID } from 'node:crypto';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { type BlobStore, guardStore } from './blob-store.ts';
import { findContentType, immutable } from './content-types.ts';
import { requireUsableBucket } from './s3-check.ts';
import { type S3Keys, type S3Patience, type S3Settings, createS3Client, usualPatience } from './s3-client.ts';
import { isAbsent, isOutOfRange, isTaken } from './s3-errors.ts';

const chunkBytes = 1_048_576;
const presignedSeconds = 300;
const deletesAtOnce = 16;

export type S3StoreOptions = {
  /** Whether clients fetch files from the store itself. */
  readonly presigns: boolean;
  readonly patience?: Partial<S3Patience>;
};

export type S3Store = Disposable & {
  readonly blobs: BlobStore;
  /**
   * Makes sure that the bucket can be read, written and listed, or throws a `StoreUnusableError`. Answers a warning where
   * the store overwrites files whatever it is told; this process then looks before it writes.
   */
  readonly check: () => Promise<string | undefined>;
};

type Chunk = { readonly bytes: Uint8Array; readonly size: number };

async function undefinedIfAbsent<T>(find: () => Promise<T>): Promise<T | undefined> {
  try {
    return await find();
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/** Returns a function that gives up after so many milliseconds, whatever the client waits for then. */
function createDeadline(millis: number) {
  return async <T>(work: (options: { readonly abortSignal: AbortSignal }) => Promise<T>): Promise<T> => {
    const controller = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(new Error(`it did not answer within ${millis / 1000} s`));
        controller.abort();
      }, millis);
    });
    try {
      return await Promise.race([late, work({ abortSignal: controller.signal })]);
    } finally {
      clearTimeout(timer);
    }
  };
}

/** `first`, then the rest in requests of their own: one that goes away, or reads nothing, leaves no connection behind. */
function streamChunks(first: Chunk, readFrom: (position: number) => Promise<Chunk>): ReadableStream<Uint8Array> {
  let position = 0;
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        if (position < first.size) {
          const { bytes } = position === 0 ? first : await readFrom(position);
          if (bytes.length === 0) throw new Error('The file is shorter than it was.');
          position += bytes.length;
          controller.enqueue(bytes);
        }
        if (position >= first.size) controller.close();
      },
    },
    { highWaterMark: 0 },
  );
}

/** Keeps files as objects of a bucket, below the prefix. Several processes may share it. */
export function createS3Store(settings: S3Settings, keys: S3Keys, options: S3StoreOptions): S3Store {
  const { bucket: Bucket, prefix } = settings;
  const patience = { ...usualPatience, ...options.patience };
  const client = createS3Client(settings, keys, patience);
  const inTime = createDeadline(patience.deadline);
  const at = (key: string) => ({ Bucket, Key: prefix + key });
  const underWay = new Set<string>();
  let isConditional = true;

  const findWriter = (key: string): Promise<{ readonly writer: string | undefined } | undefined> =>
    undefinedIfAbsent(async () => {
      const { Metadata = {} } = await inTime((options) => client.send(new HeadObjectCommand(at(key)), options));
      return { writer: Metadata['writer'] };
    });

  const put = async (key: string, bytes: Uint8Array, writer: string): Promise<void> => {
    const command = new PutObjectCommand({
      ...at(key),
      Body: bytes,
      ContentType: findContentType(key),
      CacheControl: immutable,
      Metadata: { writer },
      ...(isConditional && { IfNoneMatch: '*' }),
    });
    await inTime((options) => client.send(command, options));
  };

  const createConditionally = async (key: string, bytes: Uint8Array): Promise<boolean> => {
    const writer = randomUUID();
    try {
      await put(key, bytes, writer);
      return true;
    } catch (error) {
      if (!isTaken(error)) throw error;
      // An attempt may have been done and its answer lost: the next one then meets its own file.
      return (await findWriter(key))?.writer === writer;
    }
  };

  /** Looks before it writes, for stores that overwrite: exact within this process. */
  const createIfUnseen = async (key: string, bytes: Uint8Array): Promise<boolean> => {
    if (underWay.has(key)) return false;
    underWay.add(key);
    try {
      if (await findWriter(key)) return false;
      await put(key, bytes, randomUUID());
      return true;
    } finally {
      underWay.delete(key);
    }
  };

  const readFrom = async (key: string, position: number): Promise<Chunk> => {
    const Range = `bytes=${position}-${position + chunkBytes - 1}`;
    try {
      return await inTime(async (options) => {
        const { Body, ContentRange } = await client.send(new GetObjectCommand({ ...at(key), Range }), options);
        const bytes = (await Body?.transformToByteArray()) ?? new Uint8Array();
        return { bytes, size: Number(/\/(\d+)$/.exec(ContentRange ?? '')?.[1] ?? bytes.length) };
      });
    } catch (error) {
      if (isOutOfRange(error)) return { bytes: new Uint8Array(), size: 0 };
      throw error;
    }
  };

  const presign: NonNullable<BlobStore['presign']> = async (key, method) => {
    if (!(await findWriter(key))) return undefined;
    const command = method === 'GET' ? new GetObjectCommand(at(key)) : new HeadObjectCommand(at(key));
    return { url: await getSignedUrl(client, command, { expiresIn: presignedSeconds }), seconds: presignedSeconds };
  };

  const blobs = guardStore({
    create: (key, bytes) => (isConditional ? createConditionally : createIfUnseen)(key, bytes),
    read: async (key) => {
      const first = await undefinedIfAbsent(() => readFrom(key, 0));
      return first && { size: first.size, body: streamChunks(first, (position) => readFrom(key, position)) };
    },
    ...(options.presigns && { presign }),
    // One by one, since not every store deletes many at once, or asks for the same checksum then.
    delete: async (wanted) => {
      for (let index = 0; index < wanted.length; index += deletesAtOnce) {
        const some = wanted.slice(index, index + deletesAtOnce);
        await Promise.all(
          some.map((key) =>
            undefinedIfAbsent(() => inTime((options) => client.send(new DeleteObjectCommand(at(key)), options))),
          ),
        );
      }
    },
    check: async () => {
      await inTime((options) => client.send(new ListObjectsV2Command({ Bucket, Prefix: prefix, MaxKeys: 1 }), options));
    },
    list: async function* () {
      let ContinuationToken: string | undefined;
      do {
        const page = { Bucket, Prefix: prefix, ContinuationToken };
        const answer = await inTime((options) => client.send(new ListObjectsV2Command(page), options));
        for (const { Key, LastModified } of answer.Contents ?? []) {
          if (Key !== undefined && LastModified) yield { key: Key.slice(prefix.length), modifiedAt: LastModified };
        }
        ContinuationToken = answer.NextContinuationToken;
      } while (ContinuationToken !== undefined);
    },
  });

  return {
    blobs,
    check: async () => {
      isConditional = await requireUsableBucket(client, settings);
      return isConditional ? undefined : overwritesWarning;
    },
    [Symbol.dispose]: () => client.destroy(),
  };
}

const overwritesWarning =
  'The image store of S3_ENDPOINT overwrites files although it is asked not to (If-None-Match: *). The gateway looks before ' +
  'it writes instead, which is exact for one process: run no second one on this bucket and S3_PREFIX.';
