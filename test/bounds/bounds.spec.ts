import { expect, it } from 'vitest';
import { describeDatabases } from '../support/databases.js';
import { describeWithRedisServers, RedisServer } from '../support/redis-server.js';
import { cacheDetails } from './details.js';

describeWithRedisServers('Many details that were cached and cleared', () => {
  describeDatabases(
    'over a database',
    (database) => {
      it('leave nothing in Redis when their time is over', { timeout: 90_000 }, async () => {
        const server = await RedisServer.start();
        try {
          const { before, most, after } = await cacheDetails(
            10_000,
            await database.options(),
            server.admin,
            server.url,
          );
          expect(most).toBeGreaterThan(before.keys + 10_000);
          // What the store remembers of a database it has seen, and the script's own check.
          expect(after.keys).toBeLessThanOrEqual(before.keys + 2);
        } finally {
          await server.stop();
        }
      });
    },
    ['postgres'],
  );
});
