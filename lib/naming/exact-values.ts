/** Types of whole numbers, in whatever database. */
export const INTEGERS = /^(tiny|small|medium|big)?int(eger)?$|^int[248]$|^(small|big)?serial$/;

/** Databases in the process, whose texts compare byte by byte. */
export const EMBEDDED = /^(sqljs|better-sqlite3|sqlite|expo|cordova)$/;

/* How a value reads when the database would call it equal; `undefined` for one we cannot speak for. */

export function integer(value: unknown): string | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value === 0 ? 0 : value) : undefined;
  if (typeof value === 'bigint') return String(value);
  return typeof value === 'string' && /^(0|-?[1-9]\d*)$/.test(value) ? value : undefined;
}

export function uuid(value: unknown): string | undefined {
  return typeof value === 'string' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value)
    ? value.toLowerCase()
    : undefined;
}

export function exactText(value: unknown): string | undefined {
  return typeof value === 'string' && value.isWellFormed() && !value.includes('\0') ? value : undefined;
}
