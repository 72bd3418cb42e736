import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { ReadConnection } from '../../../lib/store/read-connection.js';
import type { Dial, RedisCommand } from '../../../lib/store/redis-connection.js';

const ping: RedisCommand = { name: 'ping', args: [], key: undefined };
const LONG = 5_000;

/** A server that is there from a dial on. */
class Server {
  dials = 0;
  readonly sent: string[] = [];
  lose!: () => void;
  readonly connection: ReadConnection;

  constructor(public isThereFrom: number) {
    const dial: Dial = async (onLost) => {
      if (++this.dials < this.isThereFrom) {
        // As node-redis does.
        onLost();
        throw new Error('ECONNREFUSED');
      }
      this.lose = onLost;
      return { send: async (commands) => commands.map(({ name }) => this.sent.push(name)), end: () => undefined };
    };
    this.connection = new ReadConnection({ name: 'fake', isCluster: false, send: async () => [] }, dial, [], 100);
    onTestFinished(() => this.connection.close());
  }
}

describe('A connection for reads', () => {
  it('waits for a server that has never been there, and dials as a connection does that was lost', async () => {
    const redis = new Server(3);
    await Promise.all(Array.from({ length: 50 }, () => redis.connection.send([ping], LONG)));
    expect(redis.dials).toBe(3);
    expect(redis.sent).toHaveLength(50);
  });

  it('says why it is not there', async () => {
    await expect(new Server(Infinity).connection.open()).rejects.toThrow('ECONNREFUSED');
  });

  it('sends nothing that nobody waits for any more', async () => {
    const redis = new Server(Infinity);
    await expect(redis.connection.send([ping], 5)).rejects.toThrow('not up yet');
    redis.isThereFrom = 0;
    await vi.waitFor(() => redis.connection.open());
    expect(redis.sent).toEqual([]);
  });

  it('does not dial for every reader', async () => {
    const redis = new Server(Infinity);
    for (let i = 0; i < 20; i++) await expect(redis.connection.send([ping], 5)).rejects.toThrow('not up yet');
    expect(redis.dials).toBeLessThan(12);
  });

  it('says at once that it was lost, and works again when it is back', async () => {
    const redis = new Server(0);
    await redis.connection.send([ping]);
    redis.lose();
    await expect(redis.connection.send([ping], LONG)).rejects.toThrow('the connection is down (reconnecting)');
    await vi.waitFor(() => redis.connection.send([ping], LONG));
  });

  it('lets go of those who wait when it is closed, and is opened again by a straggler', async () => {
    const redis = new Server(Infinity);
    const waiting = redis.connection.send([ping], LONG);
    await vi.waitFor(() => expect(redis.dials).toBeGreaterThan(0));
    redis.connection.close();
    await expect(waiting).rejects.toThrow('the connection is down (closed)');
    redis.isThereFrom = 0;
    await vi.waitFor(() => redis.connection.send([ping], 20));
    expect(redis.sent).toEqual(['ping']);
  });
});
