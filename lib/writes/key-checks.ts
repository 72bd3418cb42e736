import type { StatementEffect } from './sql/statement-effect.js';

/** Settings that say whether a database checks foreign keys: of MySQL, SQLite, PostgreSQL. */
const SETTINGS = /foreign_key_checks|foreign_keys|session_replication_role/i;

/**
 * Whether a statement may have foreign keys checked no more, or again.
 *
 * @param query as its driver takes it, which may be more than a text
 */
export function mayChangeKeyChecks(query: unknown, read: () => readonly StatementEffect[]): boolean {
  const text = typeof query === 'string' ? query : String((query as { text?: unknown } | undefined)?.text);
  if (!SETTINGS.test(text)) return false;
  const effects = read();
  // To ask for one changes nothing, but PostgreSQL has a function that sets it.
  const isRead = effects.length > 0 && effects.every(({ kind }) => kind === 'read');
  return !isRead || /set_config/i.test(text);
}
