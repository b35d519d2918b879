import { availableParallelism } from 'node:os';
import sharp from 'sharp';
import { z } from 'zod';
import type { Part } from '../bench.ts';
import { customerCount } from '../databases.ts';
import { createGet, createPost, expectAnswer } from '../http-requests.ts';
import { HttpConnection } from '../load/http-connection.ts';
import { runLoad } from '../load/run-load.ts';
import { createPhoto, withComment } from '../photo.ts';

/** As many at a time as the gateway renders, and as many again under way. */
const uploaders = 4;

const logoShape = z.object({ logo: z.url() });

/** Uploads of a photograph that is another one each time, beside bare sharp making the same three pictures of it. */
export const measureUploads: Part = async ({ gateway, samples, shape }) => {
  const photo = await createPhoto();
  samples.add('sharp pictures/s', await renderBare(photo, shape));
  const logos: string[] = [];
  let customer = Math.floor(Math.random() * customerCount);
  const { perSecond } = await runLoad({
    ...shape,
    port: gateway.port,
    connections: uploaders,
    next: () => {
      customer = (customer % customerCount) + 1;
      return {
        request: createUpload(`C-${customer}`, withComment(photo, `${customer} ${Math.random()}`)),
        accept: (answer) => {
          expectAnswer(answer, 201);
          logos.push(new URL(logoShape.parse(JSON.parse(answer.body)).logo).pathname);
        },
      };
    },
  });
  await verify(gateway.port, logos);
  samples.add('image uploads/s', perSecond);
};

/** Throws unless each picture is served in all three sizes. */
async function verify(port: number, logos: readonly string[]): Promise<void> {
  const connection = await HttpConnection.open(port);
  try {
    for (const logo of logos) {
      for (const prefix of ['', 'small_', 'medium_']) {
        expectAnswer(await connection.send(createGet(logo.replace(/[^/]+$/, `${prefix}$&`))), 200);
      }
    }
  } finally {
    connection.close();
  }
}

function createUpload(reference: string, photo: Buffer): Buffer {
  const boundary = 'bench-boundary';
  const parts = [
    `--${boundary}\r\nContent-Disposition: form-data; name="name"\r\n\r\nPhotographed\r\n--${boundary}\r\n`,
    'Content-Disposition: form-data; name="imageFile"; filename="photo.jpg"\r\nContent-Type: image/jpeg\r\n\r\n',
  ];
  const body = Buffer.concat([Buffer.from(parts.join('')), photo, Buffer.from(`\r\n--${boundary}--\r\n`)]);
  return createPost(`/api/v1.0/customers/reference/${reference}`, `multipart/form-data; boundary=${boundary}`, body);
}

/** Pictures a second that sharp makes three of, one on each core at a time. */
async function renderBare(photo: Buffer, { seconds }: { readonly seconds: number }): Promise<number> {
  sharp.cache(false);
  sharp.concurrency(1);
  const start = performance.now();
  let rendered = 0;
  const keepRendering = async (): Promise<void> => {
    while (performance.now() < start + seconds * 1000) {
      const full = await sharp(photo).autoOrient().jpeg({ quality: 85 }).toBuffer();
      const medium = await sharp(full).resize(480, 480, { fit: 'inside' }).jpeg({ quality: 85 }).toBuffer();
      await sharp(medium).resize(120, 120, { fit: 'inside' }).jpeg({ quality: 85 }).toBuffer();
      rendered += 1;
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, keepRendering));
  return rendered / ((performance.now() - start) / 1000);
}
