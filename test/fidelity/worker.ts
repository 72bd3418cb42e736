import 'reflect-metadata';
import { type Places, type Result, runSet } from './run.js';
import { sets } from './sets/index.js';

/** One kind of database, in a process of its own: an application hears every DataSource of its process. */
export interface Task extends Places {
  readonly only: string;
}

// TypeORM leaves a second promise of a lazy relation that fails to nobody; its first one is compared.
process.on('unhandledRejection', () => undefined);

process.once('message', (task: Task) => void work(task));

async function work(task: Task): Promise<void> {
  const results: Result[] = [];
  for (const make of sets) {
    if (make(task.database)?.name.includes(task.only)) results.push(...(await runSet(make, task)));
  }
  // An application that could not boot may have left connections open.
  process.send!(results, () => process.exit(0));
}
