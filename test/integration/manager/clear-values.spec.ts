import { type ExecutionContext, Injectable } from '@nestjs/common';
import { expect, it } from 'vitest';
import { BaseCacheManager, type CacheManagerClass } from '../../../lib/index.js';
import { ClearCache } from '../../../lib/decorators/clear-cache.js';
import type { ClearTarget } from '../../../lib/decorators/clear-target.js';
import { Example } from '../../fixtures/entities/example.entity.js';
import {
  Member,
  Membership,
  UserId,
  Vault,
  valueKeyEntities,
  SecretId,
} from '../../fixtures/entities/value-keys.entities.js';
import { PlainExampleCacheManager } from '../../fixtures/managers.js';
import { sqljs } from '../../fixtures/sqljs.js';
import { exampleApp } from '../../support/example-app.js';
import { createTestApp } from '../../support/test-app.js';

@Injectable()
class MemberCacheManager extends BaseCacheManager<Member> {
  model = Member;
}

@Injectable()
class MembershipCacheManager extends BaseCacheManager<Membership> {
  model = Membership;
}

@Injectable()
class VaultCacheManager extends BaseCacheManager<Vault> {
  model = Vault;
}

class Handlers {
  handle(): void {}
}

const context = {
  getClass: () => Handlers,
  getHandler: () => Handlers.prototype.handle,
} as unknown as ExecutionContext;

it('@ClearCacheDetail takes keys of classes, as the entity or in a field', async () => {
  const { get, dataSource, statements, events } = await createTestApp({
    database: { type: 'sqljs', entities: valueKeyEntities, synchronize: true },
    managers: [MemberCacheManager, MembershipCacheManager, VaultCacheManager],
  });
  const [members, memberships, vaults] = [get(MemberCacheManager), get(MembershipCacheManager), get(VaultCacheManager)];
  for (const id of ['a', 'b']) {
    await dataSource.manager.insert(Member, { id: new UserId(id), text: id });
    await dataSource.manager.insert(Membership, { member: new UserId(id), year: 1, text: id });
    await dataSource.manager.insert(Vault, { id: new SecretId(id), text: id });
  }
  const clears: [() => PromiseLike<unknown>, () => Promise<void>][] = [
    [() => members.get(new UserId('a')), async () => clear(MemberCacheManager, await members.get('a'))],
    [() => members.get('a'), () => clear(MemberCacheManager, { owner: new UserId('a') }, 'owner')],
    [() => members.get('a'), () => clear(MemberCacheManager, { owner: 'a' }, 'owner')],
    [
      () => memberships.get({ member: 'a', year: 1 }),
      () => clear(MembershipCacheManager, { member: new UserId('a'), year: '1', more: 2 }),
    ],
    [() => vaults.get(new SecretId('a')), () => clear(VaultCacheManager, { id: new SecretId('a') })],
  ];
  async function clear(manager: CacheManagerClass, result: unknown, field?: string) {
    await get(ClearCache).details(context, manager, [result], field);
  }
  for (const [read, clearIt] of clears) {
    await read();
    await clearIt();
    await statements.expect(1, read);
  }
  expect(events.filter(({ name }) => name === 'clear:failed')).toEqual([]);
});

it('@ClearCacheKeys says which key is no text, and clears the others', async () => {
  const { get, statements, events } = await exampleApp(sqljs);
  const examples = get(PlainExampleCacheManager);
  for (const wrong of [7, undefined, null, new Date(0), Promise.resolve('plain'), { key: 'plain' }]) {
    await examples.all();
    await examples.all({ suffix: 'x' });
    events.splice(0);
    const targets: ClearTarget[] = [() => ['plain', wrong, 'plain_x'] as string[]];
    await get(ClearCache).targets(context, targets, ['result']);
    await statements.expect(1, () => examples.all());
    await statements.expect(1, () => examples.all({ suffix: 'x' }));
    const failures = events.filter((event) => event.name === 'clear:failed');
    expect(failures).toHaveLength(1);
    expect(String(failures[0]!.error)).toMatch(/no text.*getCacheKey/);
  }
});

@Injectable()
class BrokenCacheManager extends BaseCacheManager<Example> {
  model = Example;
  override cacheKey = 'broken';
  override scope(): string {
    throw new RangeError('no request');
  }
}

it('@ClearCacheKeys clears a key of one manager though the scope of another fails', async () => {
  const { get, statements, events } = await exampleApp(sqljs, {
    managers: [BrokenCacheManager, PlainExampleCacheManager],
  });
  const examples = get(PlainExampleCacheManager);
  await examples.all();
  events.splice(0);
  await get(ClearCache).targets(context, ['plain'], ['result']);
  await statements.expect(1, () => examples.all());
  expect(events).toContainEqual(
    expect.objectContaining({ name: 'clear:failed', error: expect.any(RangeError) as unknown }),
  );
});

it('@ClearCacheKeys tells of a key nobody has, beside a scope or a function that fails', async () => {
  const { get, events } = await exampleApp(sqljs, { managers: [BrokenCacheManager, PlainExampleCacheManager] });
  const failing = ({ result }: { readonly result: unknown }) => {
    if (result === 'a') return 'plian';
    throw new TypeError('no key');
  };
  const unknown = /^No manager has the key "plian", so/;
  for (const [target, told] of [
    ['plian', [/^RangeError/, unknown]],
    [failing, [/^RangeError/, unknown, /^TypeError/]],
    // Whose it is, if it is anybody's, only that scope could say.
    ['a:broken', [/^RangeError/]],
  ] as const) {
    events.splice(0);
    await get(ClearCache).targets(context, [target], ['a', 'b']);
    const failures = events.flatMap((event) => (event.name === 'clear:failed' ? [event.error.message] : []));
    expect(failures).toEqual(told.map((message) => expect.stringMatching(message) as unknown));
  }
});
