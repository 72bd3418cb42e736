import { describe, expect, it } from 'vitest';
import { meantOption } from '../../../lib/naming/meant-option.js';

describe('The option that was meant', () => {
  const elsewhere = { stores: 'Give stores elsewhere.', cachekey: 'It has a key.' };
  const meant = (name: string) => meantOption(name, ['store', 'cacheKey'], elsewhere);

  it('is what is said of a name, however it is written, before one that is near', () => {
    expect(meant('stores')).toBe('Give stores elsewhere.');
    expect(meant('STO_RES')).toBe('Give stores elsewhere.');
  });

  it('is the very one that is written otherwise, whatever is said of its name', () => {
    expect(meant('cache_key')).toBe('Did you mean cacheKey?');
  });

  it('is the near one, or nobody knows', () => {
    expect(meant('sotre')).toBe('Did you mean store?');
    expect(meant('constructor')).toBeUndefined();
    expect(meant('whatever')).toBeUndefined();
  });
});
