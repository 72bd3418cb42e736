import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource, QueryRunner } from 'typeorm';
import { Broadcaster } from 'typeorm/subscriber/Broadcaster.js';
import { BroadcasterResult } from 'typeorm/subscriber/BroadcasterResult.js';
import { describe, expect, it } from 'vitest';
import { attendRunners, listen, type StatementListener } from '../../../lib/writes/statement-hooks.js';

/** As MySQL's of TypeORM 0.3: it looks for what its listeners returned before the server has answered. */
class HastyRunner {
  readonly broadcaster = new Broadcaster(this as unknown as QueryRunner);

  /** What TypeORM 0.3 calls it. */
  readonly connection: DataSource;

  constructor(readonly dataSource: DataSource) {
    this.connection = dataSource;
  }

  async query(sql: string): Promise<string> {
    const result = new BroadcasterResult();
    const answer = sleep(1).then(() => {
      this.broadcaster.broadcastAfterQueryEvent(result, sql, [], true, 0, 'rows', undefined);
      if (sql === 'wrong') throw new Error('refused by the server');
      return 'rows';
    });
    await result.wait();
    return answer;
  }
}

function runnerWith(listener: Partial<StatementListener>): HastyRunner {
  const dataSource = { subscribers: [] as unknown[] } as DataSource;
  listen(dataSource, { beforeQuery: () => undefined, ...listener });
  attendRunners(HastyRunner.prototype);
  return new HastyRunner(dataSource);
}

describe('Who sends a statement', () => {
  it.each(['right', 'wrong'])(
    'waits for what its listeners do after it, of a runner that does not: %s',
    async (sql) => {
      let isHeard = false;
      const runner = runnerWith({
        async afterQuery() {
          await sleep(20);
          isHeard = true;
        },
      });
      const outcome = await runner.query(sql).catch((error: Error) => error.message);
      expect({ outcome, isHeard }).toEqual({
        outcome: sql === 'right' ? 'rows' : 'refused by the server',
        isHeard: true,
      });
    },
  );

  it('is told of the statement, not of what a listener fails with', async () => {
    const runner = runnerWith({ afterQuery: () => Promise.reject(new Error('of the listener')) });
    await expect(runner.query('right')).resolves.toBe('rows');
  });
});
