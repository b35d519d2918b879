import type { Part } from '../bench.ts';
import { createGet, createPost, expectAnswer } from '../http-requests.ts';
import { HttpConnection } from '../load/http-connection.ts';
import type { Answer } from '../load/parse-answer.ts';
import { startEmbeddedGateway } from '../servers.ts';
import { createTemporaryFolder } from '../../test/support/temporary-folder.ts';

const customerPath = '/api/v1.0/customers/reference/NC-3';

/** From starting the process on a folder with a customer in it to reading that customer by HTTP. */
export const measureColdStart: Part = async ({ samples }) => {
  await using folder = await createTemporaryFolder();
  await fill(folder.path);
  const start = performance.now();
  await using server = await startEmbeddedGateway(folder.path);
  expectAnswer(await ask(server.port, createGet(customerPath)), 200, ['"name":"Marie\'s Jewelry"']);
  samples.add('cold start s', (performance.now() - start) / 1000);
};

async function fill(folder: string): Promise<void> {
  await using server = await startEmbeddedGateway(folder);
  const form = new URLSearchParams({ name: "Marie's Jewelry" }).toString();
  expectAnswer(await ask(server.port, createPost(customerPath, 'application/x-www-form-urlencoded', form)), 201);
}

async function ask(port: number, request: Uint8Array): Promise<Answer> {
  const connection = await HttpConnection.open(port);
  try {
    return await connection.send(request);
  } finally {
    connection.close();
  }
}
