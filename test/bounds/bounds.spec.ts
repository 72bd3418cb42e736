import { expect, it } from 'vitest';
import { describeDatabases } from '../support/databases.js';
import { describeWithRedisServers, RedisServer } from '../support/redis-server.js';
import { cacheDetails } from './details.js';

describeWithRedisServers('Many details that were cached and cleared', () => {
  describeDatabases(
    'over a database',
    (database) => {
      it('live on in Redis for half a minute at most', async () => {
        const server = await RedisServer.start();
        try {
          const { most, longestMs } = await cacheDetails(10_000, await database.options(), server.admin, server.url);
          expect(most).toBeGreaterThan(10_000);
          // The longest that lives is what was only asked for.
          expect(longestMs).toBeGreaterThan(0);
          expect(longestMs).toBeLessThanOrEqual(30_000);
        } finally {
          await server.stop();
        }
      });
    },
    ['postgres'],
  );
});
