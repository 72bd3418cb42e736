import { Injectable } from '@nestjs/common';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { expect, it, onTestFinished } from 'vitest';
import { BaseCacheManager } from '../../../lib/index.js';
import { createTestApp } from '../../support/test-app.js';

/** Whose rows a key means, as a tenant in an AsyncLocalStorage would have it. */
let tenant = 'a';

@Entity()
class Account {
  @PrimaryColumn('varchar', {
    transformer: {
      to: (name: string) => `${tenant}:${name}`,
      from: (stored: string) => stored.slice(stored.indexOf(':') + 1),
    },
  })
  name: string;

  @Column('varchar')
  owner: string;
}

@Injectable()
class Accounts extends BaseCacheManager<Account> {
  model = Account;
}

it('a key that its transformer means another way each time is never answered with the row it meant before', async () => {
  const { get, dataSource, settled, close } = await createTestApp({
    database: { type: 'sqljs', entities: [Account], synchronize: true },
    managers: [Accounts],
  });
  onTestFinished(close);
  await dataSource.query(`INSERT INTO account VALUES ('a:main', 'Ann'), ('b:main', 'Bob')`);
  const accounts = get(Accounts);
  for (const [of, owner] of [
    ['a', 'Ann'],
    ['b', 'Bob'],
    ['a', 'Ann'],
  ]) {
    tenant = of!;
    for (let i = 0; i < 2; i++) {
      expect((await accounts.get('main')).owner).toBe(owner);
      await settled();
    }
  }
});
