import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { EntityManager } from 'typeorm';
import { Example } from './examples/example.entity.js';
import { User } from './users/user.entity.js';

/** A few rows to look at; a database that has some keeps its own. */
@Injectable()
export class Seed implements OnApplicationBootstrap {
  constructor(private readonly entityManager: EntityManager) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.entityManager.transaction(async (manager) => {
      if ((await manager.exists(User)) || (await manager.exists(Example))) return;
      const mojix = await manager.save(User, { username: 'mojix' });
      const ana = await manager.save(User, { username: 'ana' });
      await manager.save(Example, { title: 'for everybody', user: mojix, users: [mojix, ana] });
      await manager.save(Example, { title: 'not active', isActive: false, user: ana, users: [ana] });
      await manager.save(Example, { title: 'only for mojix', isPrivate: true, user: mojix, users: [] });
    });
  }
}
