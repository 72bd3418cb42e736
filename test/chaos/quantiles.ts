/** The middle of a list and what only one in a hundred is above; `NaN` of none. */
export interface Quantiles {
  readonly p50: number;
  readonly p99: number;
}

export function quantiles(values: readonly number[]): Quantiles {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(Math.floor(share * sorted.length), sorted.length - 1)] ?? NaN;
  return { p50: at(0.5), p99: at(0.99) };
}

export const above = (values: Quantiles, others: Quantiles): Quantiles => ({
  p50: values.p50 - others.p50,
  p99: values.p99 - others.p99,
});
