import { z } from 'zod';
import type { LoadShape, Part } from '../bench.ts';
import { relatedCustomers } from '../databases.ts';
import { prepareGraphql } from '../http-requests.ts';
import { HttpConnection } from '../load/http-connection.ts';
import { runLoad } from '../load/run-load.ts';

const pageSize = 100;

/** A page as it was read first, and the request that reads it. */
type Page = { readonly request: Uint8Array; readonly body: string };

const gatewayDocument = `query Page($after: String) {
  list: customers(first: ${pageSize}, after: $after) {
    pageInfo { endCursor }
    nodes {
      reference name city country
      customerCategory { reference }
      customerSegmentation { reference }
      createdBy { reference }
      paymentTypes { reference }
    }
  }
}`;

/** The same in PostGraphile's names. */
const postgraphileDocument = `query Page($after: Cursor) {
  list: allCustomers(first: ${pageSize}, after: $after) {
    pageInfo { endCursor }
    nodes {
      reference name city country
      customerCategoryByOrganizationIdAndCategoryId { reference }
      segmentationByOrganizationIdAndSegmentationId { reference }
      userByOrganizationIdAndCreatedBy { reference }
      customerPaymentTypesByOrganizationIdAndCustomerId {
        nodes { paymentTypeByOrganizationIdAndPaymentTypeId { reference } }
      }
    }
  }
}`;

const pageShape = z.object({
  data: z.object({
    list: z.object({ pageInfo: z.object({ endCursor: z.string() }), nodes: z.array(z.unknown()).length(pageSize) }),
  }),
});

/** Pages of customers with four relations each, beside PostGraphile. */
export const measurePages: Part = async ({ gateway, peers, samples, shape }) => {
  samples.add('pages/s', await loadPages(gateway.port, gatewayDocument, shape));
  if (peers) {
    samples.add('PostGraphile pages/s', await loadPages(peers.postgraphile.port, postgraphileDocument, shape));
  }
};

/** Reads pages drawn at random, each of which must be what it was when nothing else was asked. */
async function loadPages(port: number, document: string, shape: LoadShape): Promise<number> {
  const pages = await walk(port, document);
  const { perSecond } = await runLoad({
    port,
    ...shape,
    next: () => {
      const page = pages[Math.floor(Math.random() * pages.length)];
      if (!page) throw new Error('There are no pages.');
      return {
        request: page.request,
        accept: ({ body }) => {
          if (body !== page.body) throw new Error(`The page is another one than before: ${body.slice(0, 1_000)}`);
        },
      };
    },
  });
  return perSecond;
}

/** Reads one page after the other, as far as customers have their relations. Throws where one has none. */
async function walk(port: number, document: string): Promise<readonly Page[]> {
  const createRequest = prepareGraphql(document);
  const connection = await HttpConnection.open(port);
  const pages: Page[] = [];
  try {
    for (let after: string | null = null; pages.length < relatedCustomers / pageSize;) {
      const request = createRequest({ after });
      const { body } = await connection.send(request);
      const page = pageShape.safeParse(JSON.parse(body));
      if (!page.success || count(body, 'cheque') !== pageSize)
        throw new Error(`This is no page: ${body.slice(0, 1_000)}`);
      pages.push({ request, body });
      after = page.data.data.list.pageInfo.endCursor;
    }
  } finally {
    connection.close();
  }
  return pages;
}

function count(text: string, piece: string): number {
  return text.split(piece).length - 1;
}
