import { same } from './assertions.js';
import { HOSTILE, randomTexts } from './texts.js';
import { LONG, SHORT, type It } from './under-test.js';

/** Texts under keys. */
export function entries(it: It): void {
  it('come back as they were, whatever the text', async ({ store, entry }) => {
    for (const text of [...HOSTILE, ...randomTexts(50)]) {
      await store.put('example', text, LONG);
      same(
        await entry('example'),
        text,
        'An entry does not come back as it was put: it would be corrupt, or another value.',
      );
    }
  });

  it('come in the order of their keys, with a gap where there is none', async ({ store }) => {
    await store.put('b', 'of b', LONG);
    await store.put('ключ 1', 'of ключ 1', LONG);
    const { entries } = await store.read(['a', 'b', 'ключ 1', 'c'], [{ clock: 'any', rows: [] }]);
    same(
      entries,
      [undefined, 'of b', 'of ключ 1', undefined],
      'Entries do not come in the order of their keys, with undefined where there is none: a reader would take the entry of another key.',
    );
  });

  it('are gone after their lifetime, which need not be whole', async ({ store, elapse, entry }) => {
    await store.put('example', 'text', SHORT + 0.5);
    same(
      await entry('example'),
      'text',
      'An entry with a lifetime of half milliseconds is not kept: nothing would ever be a hit.',
    );
    await elapse(SHORT + 40);
    same(
      await entry('example'),
      undefined,
      'An entry outlives its lifetime: the store would fill, and a timeout be none.',
    );
  });

  it('are gone once removed', async ({ store, entry }) => {
    await store.put('a', 'text', LONG);
    await store.put('b', 'text', LONG);
    await store.remove(['a', 'absent']);
    same(
      [await entry('a'), await entry('b')],
      [undefined, 'text'],
      'remove() does not drop exactly the keys it is given: room would be taken by what nobody reads, or entries be lost.',
    );
  });
}
