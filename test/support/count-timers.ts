/** How many timers would keep this process from ending. Somebody else's may go off between two calls. */
export function countTimers(): number {
  return process.getActiveResourcesInfo().filter((each) => each === 'Timeout').length;
}
