/** Processor time of this process for some work; milliseconds. */
function costOf(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/**
 * Expects that eight times as much takes about eight times as long: not 64 times, as its square would. Processor times of
 * one process are compared with each other, so that neither a slow machine nor a busy one matters.
 *
 * @param make makes what is to be worked on, in that size; what it takes is not counted
 * @param size the small size; large enough for some milliseconds
 */
export function expectLinear(make: (size: number) => () => unknown, size: number): void {
  let ratio = Infinity;
  // The first is compiled while it runs, and garbage may be collected in any.
  for (let attempt = 0; attempt < 3 && ratio >= 24; attempt++) {
    const small = Math.max(4, costOf(make(size)));
    ratio = Math.min(ratio, costOf(make(size * 8)) / small);
  }
  expect(ratio).toBeLessThan(24);
}
