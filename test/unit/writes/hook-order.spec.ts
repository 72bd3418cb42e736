import { expect, it } from 'vitest';
import { HookOrder } from '../../../lib/writes/hook-order.js';

it('lets a statement go on behind one that was refused, in its turn and whatever became of that', async () => {
  const order = new HookOrder();
  const connection = {};
  const told: string[] = [];
  const refused = order.next(connection, async () => {
    await Promise.resolve();
    told.push('refused');
    throw new Error('refused');
  });
  const behind = order.next(connection, async () => void told.push('behind'));
  await expect(refused).rejects.toThrow('refused');
  await behind;
  expect(told).toEqual(['refused', 'behind']);
});
