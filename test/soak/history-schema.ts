import type { DataSource } from 'typeorm';
import type { DatabaseKind } from './options.js';

/** Per table its row's name and what reads filter by. */
const tables = {
  author: { row: ['id'], facts: [], stamped: true, soft: true },
  label: { row: ['id'], facts: [], stamped: true, soft: false },
  article: { row: ['id'], facts: ['slug', 'shelf', 'author_id'], stamped: true, soft: true },
  remark: { row: ['id'], facts: ['article_id'], stamped: true, soft: false },
  article_label: { row: ['article_id', 'label_id'], facts: ['article_id'], stamped: false, soft: false },
} as const;

type Table = (typeof tables)[keyof typeof tables];

/**
 * Triggers that record every write in its own transaction, whoever makes it: a record is there exactly when its write is committed.
 * The library must not notice, so nothing of it is in any statement's text.
 *
 * `seq` is given while the row is locked, so it orders the writes to one row; a `stamp` is never given twice.
 */
export async function recordHistory(dataSource: DataSource, kind: DatabaseKind): Promise<void> {
  const statements = kind === 'postgres' ? postgres() : mariadb();
  for (const statement of statements) await dataSource.query(statement);
}

/** Names the write that a connection is about to make. */
export function nameWrite(kind: DatabaseKind, write: number): string {
  return kind === 'postgres'
    ? `SELECT set_config('soak.write', '${write}', false)`
    : `SET @soak_write = ${write}, SESSION innodb_lock_wait_timeout = 1`;
}

function* postgres(): Generator<string> {
  yield 'CREATE SEQUENCE stamps AS int';
  yield `CREATE TABLE history (seq bigserial PRIMARY KEY, write_id int NOT NULL, table_name text NOT NULL, row_id text NOT NULL,
    stamp int, present boolean NOT NULL, facts text NOT NULL)`;
  yield `CREATE FUNCTION stamp_row() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN NEW.stamp := nextval('stamps'); RETURN NEW; END $$`;
  yield `CREATE FUNCTION record_row() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
      present boolean := TG_OP <> 'DELETE';
      changed jsonb := CASE WHEN present THEN to_jsonb(NEW) ELSE to_jsonb(OLD) END;
    BEGIN
      INSERT INTO history (write_id, table_name, row_id, stamp, present, facts) VALUES (
        COALESCE(NULLIF(current_setting('soak.write', true), ''), '0')::int,
        TG_TABLE_NAME,
        COALESCE(changed->>'id', (changed->>'article_id') || '-' || (changed->>'label_id')),
        CASE WHEN present THEN (changed->>'stamp')::int END,
        present AND changed->>'deleted_at' IS NULL,
        changed::text
      );
      RETURN NULL;
    END $$`;
  for (const [table, { stamped }] of Object.entries(tables)) {
    if (stamped)
      yield `CREATE TRIGGER stamp BEFORE INSERT OR UPDATE ON ${table} FOR EACH ROW EXECUTE FUNCTION stamp_row()`;
    yield `CREATE TRIGGER record AFTER INSERT OR UPDATE OR DELETE ON ${table} FOR EACH ROW EXECUTE FUNCTION record_row()`;
  }
}

function* mariadb(): Generator<string> {
  yield 'CREATE SEQUENCE stamps';
  yield `CREATE TABLE history (seq bigint AUTO_INCREMENT PRIMARY KEY, write_id int NOT NULL, table_name varchar(20) NOT NULL,
    row_id varchar(20) NOT NULL, stamp int, present boolean NOT NULL, facts text NOT NULL)`;
  for (const [name, table] of Object.entries(tables)) {
    for (const event of ['INSERT', 'UPDATE']) {
      if (table.stamped) {
        yield `CREATE TRIGGER ${name}_stamp_${event} BEFORE ${event} ON ${name} FOR EACH ROW SET NEW.stamp = NEXT VALUE FOR stamps`;
      }
      const present = table.soft ? 'NEW.deleted_at IS NULL' : 'TRUE';
      yield `CREATE TRIGGER ${name}_record_${event} AFTER ${event} ON ${name} FOR EACH ROW
        ${insertHistory} SELECT ${recorded(name, table, 'NEW', present)}`;
    }
    yield `CREATE TRIGGER ${name}_record_DELETE AFTER DELETE ON ${name} FOR EACH ROW
      ${insertHistory} SELECT ${recorded(name, table, 'OLD', 'FALSE')}`;
  }
  // InnoDB's foreign key actions run no triggers of the child.
  const cascaded = (['remark', 'article_label'] as const).map(
    (child) =>
      `${insertHistory} SELECT ${recorded(child, tables[child], 'c', 'FALSE')} FROM ${child} c WHERE c.article_id = OLD.id;`,
  );
  // An upsert that meets another row's slug gives that row its own key, and the labels follow.
  const labels = 'FROM article_label c WHERE c.article_id = NEW.id';
  const before = `COALESCE(@soak_write, 0), 'article_label', CONCAT_WS('-', OLD.id, c.label_id), NULL, FALSE, JSON_OBJECT('article_id', OLD.id)`;
  yield `CREATE TRIGGER article_moves AFTER UPDATE ON article FOR EACH ROW
    IF OLD.id <> NEW.id THEN
      ${insertHistory} SELECT ${recorded('article', tables.article, 'OLD', 'FALSE')};
      ${insertHistory} SELECT ${before} ${labels};
      ${insertHistory} SELECT ${recorded('article_label', tables.article_label, 'c', 'TRUE')} ${labels};
    END IF`;
  yield `CREATE TRIGGER article_cascade BEFORE DELETE ON article FOR EACH ROW BEGIN ${cascaded.join(' ')} END`;
}

const insertHistory = 'INSERT INTO history (write_id, table_name, row_id, stamp, present, facts)';

function recorded(name: string, { row, facts, stamped }: Table, source: string, present: string): string {
  const id = `CONCAT_WS('-', ${row.map((column) => `${source}.${column}`).join()})`;
  const stamp = stamped && present !== 'FALSE' ? `${source}.stamp` : 'NULL';
  const values = facts.map((column) => `'${column}', ${source}.${column}`).join();
  return `COALESCE(@soak_write, 0), '${name}', ${id}, ${stamp}, ${present}, JSON_OBJECT(${values})`;
}
