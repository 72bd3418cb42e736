import { AsyncLocalStorage } from 'node:async_hooks';
import { AdvancedConsoleLogger } from 'typeorm';

interface Count {
  queries: number;
}

const current = new AsyncLocalStorage<Count>();

/** Runs `work` and gives it a count, which grows with every SQL statement `work` and what it calls execute. */
export function countQueries<T>(work: (count: Count) => T): T {
  const count = { queries: 0 };
  return current.run(count, () => work(count));
}

/** TypeORM's logger: prints what went wrong and counts the rest. */
export class QueryCounter extends AdvancedConsoleLogger {
  constructor() {
    super(['error', 'warn', 'migration']);
  }

  override logQuery(): void {
    const count = current.getStore();
    if (count) count.queries++;
  }
}
