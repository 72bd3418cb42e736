// Every write has a number of its own, which tells who made it.

const PER_WORKER = 1_000_000;
const PER_LOOP = 100_000;

/** The number before a loop's first. */
export function writesOf(worker: number, loop: number): number {
  return worker * PER_WORKER + loop * PER_LOOP;
}

export function workerOf(write: number): number {
  return Math.floor(write / PER_WORKER);
}
