import type { Log } from '../telemetry/log.ts';
import { type Check, type Readiness, type ReadinessReport, createReadiness } from '../telemetry/readiness.ts';
import { patience } from './calls.ts';
import type { Crew } from './crew.ts';

const noneReady = { workers: 'none ready' };

function isReadinessReport(value: unknown): value is ReadinessReport {
  if (typeof value !== 'object' || value === null) return false;
  if (!('isReady' in value && typeof value.isReady === 'boolean' && 'checks' in value)) return false;
  const { checks } = value;
  return (
    typeof checks === 'object' && checks !== null && Object.values(checks).every((word) => typeof word === 'string')
  );
}

/** Tells what the first worker says that is ready, or what the first one says that is not where none is. */
function createCrewCheck(crew: Crew): Check {
  const run = async () => {
    const refused: ReadinessReport[] = [];
    const asked = crew.list().map(async ({ ask }) => {
      const report = await ask.reportReadiness();
      if (!isReadinessReport(report)) throw new Error('A worker tells of its readiness what nobody understands.');
      if (report.isReady) return report.checks;
      refused.push(report);
      throw new Error('A worker is not ready.');
    });
    return Promise.any(asked).then(
      (checks) => ({ ...checks, workers: 'ok' }),
      () => ({ ...refused[0]?.checks, ...noneReady }),
    );
  };
  return { run, otherwise: noneReady };
}

/**
 * The readiness of all workers together: as long as one of them is ready, requests may be sent here. One that is being
 * replaced or does not answer takes a whole machine from its balancer no more than a slow request does.
 */
export function createCrewReadiness(crew: Crew, log: Log): Readiness {
  return createReadiness([createCrewCheck(crew)], { log, patience: { time: patience.worker + 500, age: 1_000 } });
}
