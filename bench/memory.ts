import { readFileSync } from 'node:fs';

/** Samples the resident memory of a process; `stop` answers the most it had in megabytes, undefined where there is no /proc. */
export function watchMemory(pid: number): { readonly stop: () => number | undefined } {
  const samples: number[] = [];
  const timer = setInterval(() => samples.push(...readResidentMegabytes(pid)), 250).unref();
  return {
    stop: () => {
      clearInterval(timer);
      return samples.length > 0 ? Math.max(...samples) : undefined;
    },
  };
}

function readResidentMegabytes(pid: number): readonly number[] {
  try {
    const [, kilobytes] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return kilobytes === undefined ? [] : [Number(kilobytes) / 1024];
  } catch {
    return [];
  }
}
