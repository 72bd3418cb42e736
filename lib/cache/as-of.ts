import type { ClockView } from './clock-view.js';

/** What a load that begins now may be dated by: it sees every write these clocks have counted. */
export interface AsOf {
  readonly epoch: string;
  /** Of every table the load may read. */
  readonly clocks: ReadonlyMap<string, number>;
  /** Equal for two as-of between which nothing was written. */
  readonly name: string;
}

export function asOf(view: ClockView, clocks: readonly string[]): AsOf {
  const now = view.now(clocks);
  const { epoch } = view;
  return {
    epoch,
    clocks: new Map(clocks.map((clock, i) => [clock, now[i]!])),
    name: JSON.stringify([epoch, now]),
  };
}
