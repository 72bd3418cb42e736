import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * What a load did, told by whoever sees every statement of its DataSource: the write subscriber. The async context attributes a
 * statement to its load even on drivers where all requests share one connection.
 */
export class LoadRecord {
  readonly statements: string[] = [];
}

const current = new AsyncLocalStorage<LoadRecord>();

export function recordLoad<T>(load: () => Promise<T>): Promise<{ result: T; record: LoadRecord }> {
  const record = new LoadRecord();
  return current.run(record, async () => ({ result: await load(), record }));
}

/** The load this code runs inside of, if any. */
export function currentLoad(): LoadRecord | undefined {
  return current.getStore();
}
