import { loadavg } from 'node:os';
import { describeMachine } from '../../test/support/machine.ts';
import { type Databases, query } from '../databases.ts';

/** How many processes wanted a core during the last minute: what else runs makes every figure worse, not all alike. */
export function readLoadAverage(): number {
  return loadavg()[0] ?? 0;
}

/** The machine that everything is measured on. */
export async function describeCircumstances(databases: Databases): Promise<string> {
  const [postgres] = await query<{ server_version: string }>(databases.gateway, 'show server_version');
  return describeMachine(postgres?.server_version ?? '?');
}
