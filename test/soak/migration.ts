import type { EntityManager, MigrationInterface, QueryRunner } from 'typeorm';
import { Article, Author, Label, Remark, sizes } from './entities.js';
import { nameWrite } from './history-schema.js';
import type { DatabaseKind } from './options.js';
import type { Random } from './random.js';

type DataChange = (manager: EntityManager, random: Random) => Promise<unknown>;

/** Rows are changed in the order of their keys and few at a time: a migration should meet no deadlock with the writers. */
const changes: readonly DataChange[] = [
  (manager, random) => manager.query(`UPDATE article SET note = note + 1 WHERE id > ${random.between(0, 8)}`),
  (manager) => manager.query('UPDATE author SET note = note + 1'),
  (manager, random) => manager.update(Article, { shelf: random.between(1, sizes.shelf) }, { shelf: 1 }),
  (manager, random) => manager.increment(Label, { id: random.between(1, sizes.label) }, 'note', 1),
  (manager, random) => manager.softDelete(Author, random.between(1, 2)),
  (manager, random) => manager.delete(Remark, random.between(1, sizes.remark)),
  (manager, random) => manager.update(Article, random.between(5, sizes.article), { note: random.between(0, 1_000) }),
];

/**
 * A migration nobody has run yet, which changes rows as one write of the history.
 *
 * @param done called once nothing is left to do but the commit
 */
export function migrationOf(
  kind: DatabaseKind,
  write: number,
  random: Random,
  done: () => void,
): new () => MigrationInterface {
  return class implements MigrationInterface {
    // TypeORM takes the order from the last 13 digits.
    readonly name = `ChangeRows${1_700_000_000_000 + write}`;

    async up({ manager }: QueryRunner): Promise<void> {
      await manager.query(nameWrite(kind, write));
      // One that is given up is run again, but prints that it was.
      if (kind === 'postgres') await manager.query('SET LOCAL lock_timeout = 5000');
      for (let left = random.between(1, 3); left > 0; left--) await random.pick(changes)(manager, random);
      done();
    }

    async down(): Promise<void> {}
  };
}
