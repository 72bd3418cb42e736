/** A number as an error names it, and where one that is none may come from. */
export function whatNumber(value: unknown): string {
  return Number.isNaN(value) ? 'NaN (what Number() makes of an environment variable that is not set)' : String(value);
}

/** A value as an error names it: what it is, not what it holds, which may be a secret or megabytes long. */
export function whatIs(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'string') return 'a text';
  if (typeof value === 'object') return value instanceof Promise ? 'a promise' : 'an object';
  return `a ${typeof value}`;
}
