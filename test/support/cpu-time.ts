/**
 * Milliseconds of processor time that the process has taken so far. What work costs is told by it rather than by the clock,
 * which goes on while other programs have the machine.
 */
export function readCpuMillis(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
