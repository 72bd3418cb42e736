import { expect, it } from 'vitest';
import { Limit } from '../../../lib/cache/limit.js';

it('lets in so many at a time, the others in their order', async () => {
  const limit = new Limit(2);
  const inside: number[] = [];
  const enter = async (number: number) => {
    const leave = await limit.enter();
    inside.push(number);
    return leave;
  };
  const [first, second, third, fourth] = [1, 2, 3, 4].map(enter);
  await Promise.all([first, second]);
  expect(inside).toEqual([1, 2]);
  const leave = await second!;
  leave();
  // A place is given up once.
  leave();
  await third;
  expect(inside).toEqual([1, 2, 3]);
  (await first!)();
  (await fourth!)();
  (await third!)();
  await Promise.all([5, 6].map(enter));
  expect(inside).toEqual([1, 2, 3, 4, 5, 6]);
});

it('lets in without a place who has waited for as long as the pool would let them', async () => {
  const limit = new Limit(1, 20);
  const leaveFirst = await limit.enter();
  const leaveSecond = await limit.enter();
  leaveSecond();
  const third = limit.enter();
  leaveFirst();
  await third;
});
