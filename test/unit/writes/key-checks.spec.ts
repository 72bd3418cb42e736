import { describe, expect, it } from 'vitest';
import { mayChangeKeyChecks } from '../../../lib/writes/key-checks.js';
import { readStatements } from '../../../lib/writes/sql/read-statements.js';
import type { SqlDialect } from '../../../lib/writes/sql/statement-effect.js';

const may = (dialect: SqlDialect, sql: string) => mayChangeKeyChecks(sql, () => readStatements(sql, dialect));

describe('a statement that may have foreign keys checked no more', () => {
  it.each<[SqlDialect, string]>([
    ['mysql', 'SET FOREIGN_KEY_CHECKS = 0'],
    ['mysql', 'SET @@session.foreign_key_checks = 0'],
    ['mysql', '/*!40014 SET FOREIGN_KEY_CHECKS=0 */'],
    ['mysql', 'INSERT /*+ SET_VAR(foreign_key_checks=OFF) */ INTO t VALUES (1)'],
    ['sqlite', 'PRAGMA foreign_keys = OFF'],
    ['sqlite', 'PRAGMA defer_foreign_keys = ON'],
    ['postgres', "SET session_replication_role = 'replica'"],
    ['postgres', "SELECT set_config('session_replication_role', 'replica', false)"],
  ])('is heard (%s): %s', (dialect, sql) => {
    expect(may(dialect, sql)).toBe(true);
  });

  it.each<[SqlDialect, string]>([
    ['mysql', 'SELECT @@SESSION.foreign_key_checks AS here'],
    ['sqlite', 'SELECT foreign_keys FROM pragma_foreign_keys'],
    ['sqlite', 'SELECT DISTINCT "table" FROM pragma_foreign_key_check'],
    ['postgres', "SELECT current_setting('session_replication_role')"],
    ['postgres', 'UPDATE t SET a = 1'],
  ])('is none that asks (%s): %s', (dialect, sql) => {
    expect(may(dialect, sql)).toBe(false);
  });
});
