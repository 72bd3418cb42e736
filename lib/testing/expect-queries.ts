import { AssertionError } from 'node:assert';
import type { DataSource } from 'typeorm';
import { attendBroadcasters, listen, stopListening } from '../writes/statement-hooks.js';

/**
 * Runs `work` and counts the SQL statements its DataSource sent meanwhile: 0 for a cached read. Each counts that is a round trip: `BEGIN` and
 * `COMMIT` of a transaction, so that a `save()` is 3 or more, and those that failed. So do those of whatever else runs at the same time.
 * Needs no logger, and works with the store down, too.
 *
 * @param expected statements, 0 or more
 * @returns what `work` returned
 * @throws {AssertionError} for another number, with the statements; what `work` throws, first
 *
 * @example
 * await expectQueries(dataSource, 1, () => examples.all());
 * await expectQueries(dataSource, 0, () => examples.all());
 *
 * @publicApi
 */
export async function expectQueries<T>(
  dataSource: DataSource,
  expected: number,
  work: () => PromiseLike<T> | T,
): Promise<T> {
  const statements: string[] = [];
  const listener = { beforeQuery: ({ query }: { readonly query: string }) => void statements.push(query) };
  // It may be made by another copy of TypeORM, of which nothing would be counted.
  attendBroadcasters(Object.getPrototypeOf(dataSource.createQueryRunner().broadcaster) as object);
  listen(dataSource, listener);
  let result: T;
  try {
    result = await work();
  } finally {
    stopListening(dataSource, listener);
  }
  if (statements.length === expected) return result;
  throw new AssertionError({
    message: messageOf(statements, expected),
    actual: statements.length,
    expected,
    operator: 'expectQueries',
    stackStartFn: expectQueries,
  });
}

function messageOf(statements: readonly string[], expected: number): string {
  const list = statements.map((statement, i) => `\n${i + 1}. ${statement}`).join('');
  return (
    `Expected ${expected} SQL statements, saw ${statements.length}. ` +
    `${statements.length > expected ? 'So the work costs more than was meant' : 'So the work costs less than was meant'}, or other work ran at the same time. ` +
    `Await all work that came before, and compare with what was sent:${list || ' nothing'}`
  );
}
