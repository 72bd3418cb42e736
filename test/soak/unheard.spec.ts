import { describe, expect, it } from 'vitest';
import { Unheard } from './unheard.js';

function counted(part: string, acknowledged: number, unheard: number, counts = new Unheard()): Unheard {
  for (let i = 0; i < acknowledged; i++) counts.count(part, i < unheard);
  return counts;
}

describe('Unheard', () => {
  it('names the part that was heard the least, however well the others are', () => {
    const counts = counted('distant worker', 40, 20, counted('worker', 1000, 1));
    expect(counts.total).toBe(21);
    expect(counts.worst).toEqual({ part: 'distant worker', share: 0.5 });
  });

  it('says nothing of a part that hardly wrote', () => {
    expect(counted('writer', 3, 3).worst).toBeUndefined();
  });
});
