import type { DataSource, Logger } from 'typeorm';

/** Every statement of a DataSource, with its parameters. */
export class StatementLog implements Logger {
  #seen: unknown[][] = [];

  static of(dataSource: DataSource): StatementLog {
    const log = new StatementLog();
    dataSource.setOptions({ logger: log });
    return log;
  }

  async during<T>(work: () => PromiseLike<T>): Promise<{ result: T; statements: unknown[][] }> {
    this.#seen = [];
    const result = await work();
    return { result, statements: this.#seen };
  }

  logQuery(query: string, parameters: unknown[] = []): void {
    this.#seen.push([query, ...parameters]);
  }

  logQueryError(): void {}
  logQuerySlow(): void {}
  logSchemaBuild(): void {}
  logMigration(): void {}
  log(): void {}
}
