import type { Logger } from 'typeorm';

/** A logger of TypeORM that counts; an application has one. */
export class QueryCount implements Logger {
  queries = 0;

  logQuery(): void {
    this.queries++;
  }

  logQueryError(error: string | Error, query: string): void {
    console.error(query, error);
  }

  logQuerySlow(): void {}
  logSchemaBuild(): void {}
  logMigration(): void {}
  log(): void {}
}
