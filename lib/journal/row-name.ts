import { joinKeys, textKey } from '../naming/text-key.js';
import type { KnownOfRow } from './condition.js';
import type { KeyColumn } from './footprint.js';

/** As the row's clock is called; `undefined` where its key is not known. */
export function rowName(row: KnownOfRow, key: readonly KeyColumn[]): string | undefined {
  if (!key.length) return undefined;
  const parts: string[] = [];
  for (const [column, kind] of key) {
    const held = row[column];
    if (typeof held !== 'string' || !held.startsWith(`${kind}:`)) return undefined;
    parts.push(held.slice(2));
  }
  return textKey(joinKeys(parts));
}
