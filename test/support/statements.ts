import type { DataSource, Logger } from 'typeorm';

/** What the library asks about tables in its own time, whenever something may have been defined. */
const OF_TABLES =
  /information_schema\.|\bpg_(?:attribute|class|index)\b|sqlite_master|foreign_key_checks AS|dangling0|^SELECT CURRENT_USER\(\)|'partial_revokes'/;

/** Counts the SQL statements of a DataSource, so that behaviour can be stated as "how many queries". */
export class Statements implements Logger {
  #seen: string[] = [];

  /** Makes this the DataSource's logger. */
  static of(dataSource: DataSource): Statements {
    const statements = new Statements();
    dataSource.setOptions({ logger: statements });
    return statements;
  }

  /** The statements `work` caused. */
  async during<T>(work: () => PromiseLike<T>): Promise<{ result: T; statements: string[] }> {
    this.#seen = [];
    const result = await work();
    return { result, statements: this.#seen };
  }

  /** Runs `work`, which must cost exactly so many statements; says which ones ran if not. */
  async expect<T>(count: number, work: () => PromiseLike<T>): Promise<T> {
    const { result, statements } = await this.during(work);
    if (statements.length !== count) {
      throw new Error(`expected ${count} queries, saw ${statements.length}:\n${statements.join('\n')}`);
    }
    return result;
  }

  logQuery(query: string): void {
    if (!OF_TABLES.test(query)) this.#seen.push(query);
  }

  logQueryError(): void {}
  logQuerySlow(): void {}
  logSchemaBuild(): void {}
  logMigration(): void {}
  log(): void {}
}
