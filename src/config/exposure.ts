import type { AuthConfig } from './auth.ts';
import { type Problems, readSwitch } from './problems.ts';

/** What the gateway shows of itself to who does not know it. */
export type Exposure = {
  /** Whether GraphiQL is at the GraphQL door. */
  readonly graphiql: boolean;
  /** Whether the schema can be asked for, and errors guess at what was meant. */
  readonly introspection: boolean;
};

/** What a gateway shows in production. */
export const nothingExposed: Exposure = Object.freeze({ graphiql: false, introspection: false });

/** What it shows where anybody may look at everything anyway. */
export const everythingExposed: Exposure = Object.freeze({ graphiql: true, introspection: true });

/** GRAPHIQL and INTROSPECTION: both are on as long as anybody on this machine may do everything, and off otherwise, unless told. */
export function readExposure(env: NodeJS.ProcessEnv, auth: AuthConfig, problems: Problems): Exposure {
  const usual = auth.kind === 'off';
  return Object.freeze({
    graphiql: readSwitch('GRAPHIQL', env['GRAPHIQL'], problems, usual),
    introspection: readSwitch('INTROSPECTION', env['INTROSPECTION'], problems, usual),
  });
}
