import { inspect } from 'node:util';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { StoreError } from '../../../lib/errors.js';
import { withinBudget } from '../../../lib/store/budget.js';

const never = () => new Promise<never>(() => undefined);

describe('withinBudget', () => {
  it('hands the answer through', async () => {
    expect(await withinBudget('memory', 'read', 100, async () => 7)).toBe(7);
  });

  it('says which store did not do what, for how long, and what follows', async () => {
    const late = withinBudget('redis (ioredis)', 'read', 5, never);
    await expect(late).rejects.toThrow(/redis \(ioredis\) did not read within 5 ms.*reads go to the database.*Check/);
    await expect(late).rejects.toBeInstanceOf(StoreError);
  });

  it('gives up in time where a test fakes it', async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    await expect(withinBudget('redis (node-redis)', 'read', 5, never)).rejects.toThrow('within 5 ms');
  });

  it('turns every failure into a StoreError that keeps its cause, thrown or rejected', async () => {
    const cause = new Error('OOM.');
    const failures = [
      () => Promise.reject(cause),
      () => {
        throw cause;
      },
    ];
    for (const work of failures) {
      const error = await withinBudget('memory', 'read', 100, work).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(StoreError);
      expect(error).toMatchObject({ cause, message: expect.stringContaining('could not read: OOM. Until') });
    }
  });

  it('quotes nothing of the conversation, whatever the client keeps of it in its error', async () => {
    const refusal = Object.assign(new Error("ERR unknown command 'set', with args beginning with: 'hunter2'"), {
      command: { name: 'set', args: ['key', 'hunter2'] },
      code: 'ERR_REFUSED',
    });
    const failures = [
      withinBudget('redis', 'read', 100, () => Promise.reject(refusal)),
      withinBudget('redis', 'read', 5, never, () => refusal),
    ];
    for (const failure of failures) {
      const error = await failure.catch((reason: unknown) => reason as StoreError);
      expect(error).toMatchObject({
        message: expect.stringContaining('ERR unknown command ?'),
        cause: { code: 'ERR_REFUSED' },
      });
      expect(inspect(error, { depth: Infinity, showHidden: true })).not.toContain('hunter2');
    }
  });

  it('takes an answer that came while the process was busy', async () => {
    const answer = await new Promise((resolve) => {
      // After an immediate, timers are next in line, before what has arrived.
      setImmediate(() => {
        resolve(withinBudget('memory', 'read', 5, () => new Promise((arrive) => setImmediate(() => arrive('here')))));
        const busyUntil = performance.now() + 30;
        while (performance.now() < busyUntil);
      });
    });
    expect(answer).toBe('here');
  });

  it('is spent by a piece only while the process is busy', async () => {
    const answer = withinBudget(
      'memory',
      'read',
      60,
      () => new Promise((arrive) => setTimeout(() => arrive('here'), 80)),
    );
    const busyUntil = performance.now() + 70;
    while (performance.now() < busyUntil);
    expect(await answer).toBe('here');
  });

  it('leaves no timer behind', async () => {
    const before = timers();
    await withinBudget('memory', 'read', 60_000, async () => undefined);
    // Some may be of other files in this process, and end meanwhile.
    expect(timers()).toBeLessThanOrEqual(before);
  });
});

const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
