/** Milliseconds of the machine's monotonic clock, the same in every process of it: what orders reads after writes. */
export function now(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
