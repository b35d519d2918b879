import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';

/** Which process this is, so that another one can tell later whether it still runs. */
export type ProcessIdentity = {
  readonly pid: number;
  readonly host: string;
  /** Where `pid` means something: the same text for processes that can judge each other by it. */
  readonly pidSpace: string;
  /** When it started, in ticks since the machine did: tells it from a later process with the same number. */
  readonly started: string | null;
};

/** What this process writes down about itself. */
export async function describeThisProcess(): Promise<ProcessIdentity> {
  const stat = await findProcessStat(process.pid);
  return { pid: process.pid, host: hostname(), pidSpace: await describePidSpace(), started: stat?.started ?? null };
}

/** Whether the process runs; undefined where it was described on another machine or in another container, so nobody here knows. */
export async function isRunning(identity: ProcessIdentity): Promise<boolean | undefined> {
  if (identity.pidSpace !== (await describePidSpace())) return undefined;
  const stat = await findProcessStat(identity.pid);
  if (stat === undefined || identity.started === null) return hasSignalReceiver(identity.pid);
  return stat.started === identity.started && !stat.isDead;
}

/** A container often has the name of the one it replaced, and processes of the same numbers: the name alone says too little. */
async function describePidSpace(): Promise<string> {
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'latin1').catch(() => '');
  const namespace = await readlink('/proc/self/ns/pid').catch(() => '');
  return [hostname(), boot.trim(), namespace].join(' ').trim();
}

/** From Linux's /proc; undefined elsewhere, and where the process is gone or hidden. */
async function findProcessStat(pid: number): Promise<{ started: string; isDead: boolean } | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => undefined);
  // The program's name stands in brackets and may itself hold blanks and brackets. Behind it: field 3 (state) and on.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, started] = [fields?.[0], fields?.[19]];
  if (state === undefined || started === undefined) return undefined;
  return { started, isDead: state === 'Z' || state === 'X' };
}

function hasSignalReceiver(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
