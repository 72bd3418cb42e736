import { describe, expect, it } from 'vitest';
import { PlainExampleCacheManager } from '../../fixtures/managers.js';
import { sqljs } from '../../fixtures/sqljs.js';
import { exampleApp } from '../../support/example-app.js';
import { describeWith } from '../../support/services.js';
import type { StoreKind } from '../../support/test-app.js';

/** What keeps a process from ending. */
function handles(): Record<string, number> {
  const counts: Record<string, number> = { TCPSocketWrap: 0, Timeout: 0, Immediate: 0 };
  for (const kind of process.getActiveResourcesInfo()) if (kind in counts) counts[kind]!++;
  return counts;
}

async function useAndClose(store: StoreKind, redisUrl?: string): Promise<void> {
  const app = await exampleApp(sqljs, { store, ...(redisUrl && { redisUrl }) });
  const examples = app.get(PlainExampleCacheManager);
  await examples.all();
  await examples.get(1);
  await app.dataSource.manager.update('Example', 1, { title: 'changed' });
  expect((await examples.get(1)).title).toBe('changed');
  await app.close();
}

/** A socket is gone some turns of the event loop after it was closed, and what waited for it some more. */
async function settled(before: Record<string, number>): Promise<Record<string, number>> {
  const isMore = () => ['TCPSocketWrap', 'Immediate'].some((kind) => handles()[kind]! > before[kind]!);
  for (let turn = 0; turn < 1_000 && isMore(); turn++) await new Promise((resolve) => void setTimeout(resolve, 0));
  return handles();
}

/** The test runner's own timers come and go. */
function expectNoMore(after: Record<string, number>, before: Record<string, number>): void {
  for (const [kind, count] of Object.entries(after)) expect(count, kind).toBeLessThanOrEqual(before[kind]!);
}

describe('An application that is closed', () => {
  it('leaves nothing open with the store in memory', async () => {
    await useAndClose('memory');
    const before = handles();
    await useAndClose('memory');
    expectNoMore(await settled(before), before);
  });
});

describeWith('redis', 'An application that is closed', (url) => {
  it('leaves nothing open with the store in Redis', async () => {
    await useAndClose('memory');
    const before = handles();
    await useAndClose('keyv-redis', url);
    expectNoMore(await settled(before), before);
  });
});
