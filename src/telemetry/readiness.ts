import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from './log.ts';

type Findings = Readonly<Record<string, string>>;

/** Something a process cannot do without. `run` answers a word for each part, `ok` or what is wrong with it. */
export type Check = {
  readonly run: () => Promise<Findings>;
  /** What is said of the parts where `run` throws or takes too long. */
  readonly otherwise: Findings;
};

export type ReadinessReport = { readonly isReady: boolean; readonly checks: Findings };

/** Whether a process may be sent requests. */
export type Readiness = {
  readonly report: () => Promise<ReadinessReport>;
  /** From now on it is not ready. */
  readonly drain: () => void;
};

/** In milliseconds. An answer is good for `age`, so that asking often costs no more than asking now and then. */
const usualPatience = { time: 1_000, age: 1_000 };

/** Runs a check, unless it is still running: one that hangs is not begun a second time. */
function limitCheck({ run, otherwise }: Check, log: Log, time: number): () => Promise<Findings> {
  let running: Promise<Findings> | undefined;
  let hasFailed = false;
  const attempt = async () => {
    try {
      const found = await run();
      hasFailed = false;
      return found;
    } catch (error) {
      if (!hasFailed) log.warn({ error, checks: Object.keys(otherwise) }, 'a readiness check failed');
      hasFailed = true;
      return otherwise;
    } finally {
      running = undefined;
    }
  };
  return async () => {
    const timer = new AbortController();
    const tooLong = delay(time, otherwise, { signal: timer.signal, ref: false }).catch(() => otherwise);
    const found = await Promise.race([(running ??= attempt()), tooLong]);
    timer.abort();
    return found;
  };
}

/** Puts checks together. What changes between reports is told to the log. */
export function createReadiness(
  checks: readonly Check[],
  { log, patience = usualPatience }: { readonly log: Log; readonly patience?: typeof usualPatience },
): Readiness {
  const limited = checks.map((check) => limitCheck(check, log, patience.time));
  let isDraining = false;
  let wasReady = true;
  let last: { readonly findings: Promise<Findings>; readonly until: number } | undefined;

  const look = async (): Promise<Findings> => {
    const found = await Promise.all(limited.map((run) => run()));
    return Object.fromEntries(found.flatMap((each) => Object.entries(each)));
  };
  const find = async (): Promise<Findings> => {
    if (!last || performance.now() >= last.until) last = { findings: look(), until: performance.now() + patience.age };
    return last.findings;
  };
  const tell = (report: ReadinessReport): void => {
    if (report.isReady === wasReady) return;
    wasReady = report.isReady;
    if (report.isReady) log.info({ checks: report.checks }, 'ready again');
    else log.warn({ checks: report.checks }, 'not ready');
  };

  return {
    report: async () => {
      const checks = { ...(await find()), process: isDraining ? 'draining' : 'ok' };
      const report = { isReady: Object.values(checks).every((word) => word === 'ok'), checks };
      tell(report);
      return report;
    },
    drain: () => {
      isDraining = true;
    },
  };
}
