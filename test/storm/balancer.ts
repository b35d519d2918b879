import { findFreePort } from '../support/free-port.ts';
import { waitUntilReady } from './restartable-gateway.ts';
import { type Program, locate, startProgram } from './program.ts';

/**
 * The HAProxy of this machine before two gateways that are ready, with the configuration that operators get. Throws where
 * there is none: `apt-get install haproxy` brings it.
 */
export async function startBalancer(gateways: readonly [number, number]): Promise<Program & { readonly port: number }> {
  const port = await findFreePort();
  const [first, second] = gateways.map((each) => `127.0.0.1:${each}`);
  const program = startProgram(['haproxy', '-db', '-q', '-f', locate('deploy/haproxy.cfg')], {
    LISTEN: `127.0.0.1:${port}`,
    GATEWAY_1: first ?? '',
    GATEWAY_2: second ?? '',
  });
  try {
    await waitUntilReady(`http://127.0.0.1:${port}/api/v1.0/paymentTypes/7`, program);
    return { ...program, port };
  } catch (error) {
    await program[Symbol.asyncDispose]();
    throw new Error('HAProxy does not serve; apt-get install haproxy brings it.', { cause: error });
  }
}
