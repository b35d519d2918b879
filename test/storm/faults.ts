import { setTimeout as delay } from 'node:timers/promises';
import type { Gateway } from './gateway.ts';
import type { Ending, PostgresNode } from './postgres.ts';
import type { Proxy } from './proxy.ts';

/** Everything that a storm can hit; disposing ends all of it but the gateway. */
export class Field implements AsyncDisposable {
  readonly gateway: Gateway;
  readonly proxy: Proxy;
  postgres: PostgresNode;

  constructor(gateway: Gateway, proxy: Proxy, postgres: PostgresNode) {
    this.gateway = gateway;
    this.proxy = proxy;
    this.postgres = postgres;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.proxy.close();
    await this.postgres.stop();
  }
}

/** `strike` resolves to the moment from which traffic should flow again: that of a blow, or the end of what lasts. */
export type Fault = { readonly name: string; readonly strike: (field: Field) => Promise<number> };

/** How long what lasts does, in milliseconds. */
const lasting = 5_000;
const delayed = 150;

const gatewayKilled: Fault = {
  name: 'gateway killed (SIGKILL)',
  strike: async ({ gateway }) => {
    const moment = performance.now();
    await gateway.kill();
    return moment;
  },
};

function createPostgresFault(name: string, ending: Ending): Fault {
  return {
    name,
    strike: async ({ postgres }) => {
      const moment = performance.now();
      await postgres.crash(ending);
      return moment;
    },
  };
}

const postgresKilled = createPostgresFault('PostgreSQL killed (SIGKILL), started again', 'SIGKILL');
const postgresAborted = createPostgresFault('PostgreSQL shut down at once (SIGQUIT), started again', 'SIGQUIT');

const reset: Fault = {
  name: 'network: all connections reset',
  strike: ({ proxy }) => {
    proxy.reset();
    return Promise.resolve(performance.now());
  },
};

const forgotten: Fault = {
  name: 'network: all connections silent for ever',
  strike: ({ proxy }) => {
    proxy.forget();
    return Promise.resolve(performance.now());
  },
};

const held: Fault = {
  name: `network: silence for ${lasting / 1_000} s`,
  strike: async ({ proxy }) => {
    proxy.hold(true);
    await delay(lasting);
    proxy.hold(false);
    return performance.now();
  },
};

const slow: Fault = {
  name: `network: ${delayed} ms each way for ${lasting / 1_000} s`,
  strike: async ({ proxy }) => {
    proxy.delay(delayed);
    await delay(lasting);
    proxy.delay(0);
    return performance.now();
  },
};

const cut: Fault = {
  name: 'network: cut in the middle of an answer',
  strike: async ({ proxy }) => {
    await proxy.cutMidAnswer();
    return performance.now();
  },
};

/** A standby joins under traffic; then the server is killed for good, and the standby takes over. */
const failover: Fault = {
  name: 'PostgreSQL killed for good, standby takes over',
  strike: async (field) => {
    const standby = await field.postgres.createStandby();
    await delay(lasting);
    const moment = performance.now();
    await field.postgres.kill('SIGKILL');
    await standby.promote();
    field.proxy.retarget(standby.port);
    field.postgres = standby;
    return moment;
  },
};

type Share = readonly [fault: Fault, times: number];

/** Mixes faults so that each kind is spread over all of the time. */
function mix(shares: readonly Share[]): readonly Fault[] {
  return shares
    .flatMap(([fault, times]) => Array.from({ length: times }, (_, index) => ({ fault, at: (index + 0.5) / times })))
    .sort((a, b) => a.at - b.at)
    .map(({ fault }) => fault);
}

export const longStorm = mix([
  [gatewayKilled, 20],
  [postgresKilled, 3],
  [postgresAborted, 3],
  [reset, 4],
  [forgotten, 3],
  [held, 3],
  [slow, 3],
  [cut, 4],
  [failover, 1],
]);

export const shortStorm = [gatewayKilled, reset, cut, forgotten, postgresKilled, slow, held, gatewayKilled];
