import type { EntityManager } from 'typeorm';
import { expect } from 'vitest';
import { Post } from '../../../fixtures/entities/write-paths.entities.js';
import type { WritePath } from './scene.js';
import { dataSourceOf } from '../../../support/typeorm.js';

const SET_TITLE = "UPDATE wp_post SET title = 'changed' WHERE id = 1";
const SET_NAME = "UPDATE wp_author SET name = 'changed' WHERE id = 2";

/** Transactions written by hand, and statements that end one without saying so. */
export const transactionPaths: readonly WritePath[] = [
  byHand('raw BEGIN and COMMIT', ['BEGIN', SET_TITLE, SET_NAME, 'COMMIT']),
  byHand('raw BEGIN and END', ['BEGIN', SET_TITLE, 'END'], ['postgres', 'sqljs']),
  byHand('raw START TRANSACTION and COMMIT', ['START TRANSACTION', SET_TITLE, 'COMMIT'], ['postgres', 'mariadb']),
  byHand('raw BEGIN and ROLLBACK', ['BEGIN', SET_TITLE, 'ROLLBACK']),
  byHand('raw COMMIT AND CHAIN', ['BEGIN', SET_NAME, 'COMMIT AND CHAIN', SET_TITLE, 'COMMIT'], ['postgres', 'mariadb']),
  byHand('raw BEGIN, COMMIT in one text', [`BEGIN; ${SET_TITLE}; COMMIT`], ['postgres', 'mariadb']),
  byHand('raw savepoint released', ['BEGIN', 'SAVEPOINT s', SET_TITLE, 'RELEASE SAVEPOINT s', 'COMMIT']),
  byHand('raw savepoint rolled back', [
    'BEGIN',
    SET_NAME,
    'SAVEPOINT s',
    SET_TITLE,
    'ROLLBACK TO SAVEPOINT s',
    'COMMIT',
  ]),
  byHand('raw savepoint that is the transaction', ['SAVEPOINT s', SET_TITLE, 'RELEASE s'], ['sqljs']),
  byHand(
    'DDL commits the transaction',
    ['BEGIN', SET_TITLE, 'CREATE TABLE IF NOT EXISTS wp_scratch (id int)', 'ROLLBACK'],
    ['mariadb'],
  ),
  byHand(
    'TRUNCATE commits the transaction',
    ['BEGIN', SET_TITLE, 'TRUNCATE wp_reaction', SET_NAME, 'ROLLBACK'],
    ['mariadb'],
  ),
  byHand(
    'DDL that fails commits the transaction all the same',
    ['BEGIN', SET_TITLE, refused('CREATE TABLE wp_post (id int)'), 'ROLLBACK'],
    ['mariadb'],
  ),
  byHand(
    'TRUNCATE that fails commits the transaction all the same',
    ['BEGIN', SET_TITLE, refused('TRUNCATE wp_post'), 'ROLLBACK'],
    ['mariadb'],
  ),
  byHand(
    'several statements that begin and fail',
    [refused(`BEGIN; ${SET_TITLE}; UPDATE wp_author SET nobody = 1`), 'COMMIT'],
    ['mariadb'],
  ),
  byHand(
    'several statements that commit and fail',
    ['BEGIN', SET_TITLE, refused(`${SET_NAME}; COMMIT; UPDATE wp_author SET nobody = 1`), 'ROLLBACK'],
    ['postgres', 'mariadb'],
  ),
  byHand('a second BEGIN commits the transaction', ['BEGIN', SET_TITLE, 'BEGIN', SET_NAME, 'ROLLBACK'], ['mariadb']),
  byHand(
    'LOCK TABLES commits the transaction',
    ['BEGIN', SET_TITLE, 'LOCK TABLES wp_tag WRITE', 'UNLOCK TABLES'],
    ['mariadb'],
  ),
  byHand(
    'autocommit switched off and COMMIT',
    ['SET autocommit = 0', SET_TITLE, 'COMMIT', 'SET autocommit = 1'],
    ['mariadb'],
  ),
  byHand('autocommit switched on again', ['SET autocommit = 0', SET_TITLE, 'SET autocommit = 1'], ['mariadb']),
  byHand(
    'XA two-phase commit',
    ["XA START 'wp'", SET_TITLE, "XA END 'wp'", "XA PREPARE 'wp'", "XA COMMIT 'wp'"],
    ['mariadb'],
  ),
  {
    title: 'a transaction that ends under TypeORM',
    alone: true,
    on: ['mariadb'],
    write: (m) =>
      m
        .transaction(async (inside) => {
          await inside.update(Post, 1, { title: 'changed' });
          await inside.query('CREATE TABLE IF NOT EXISTS wp_scratch (id int)');
          throw new Error('rolled back too late');
        })
        .catch(() => undefined),
  },
  {
    title: 'nested transactions',
    alone: true,
    write: (m) =>
      m.transaction(async (outer) => {
        await outer.update(Post, 2, { title: 'changed' });
        await outer.transaction((inner) => inner.update(Post, 1, { title: 'changed' }));
      }),
  },
];

/** A statement the database answers with an error. */
interface Refused {
  readonly refused: string;
}

function refused(statement: string): Refused {
  return { refused: statement };
}

/** Its statements one after the other on one connection. */
function byHand(title: string, statements: readonly (string | Refused)[], on?: WritePath['on']): WritePath {
  return {
    title,
    alone: true,
    ...(on && { on }),
    write: async (manager: EntityManager) => {
      const runner = dataSourceOf(manager).createQueryRunner();
      try {
        for (const statement of statements) {
          if (typeof statement === 'string') await runner.query(statement);
          else await expect(runner.query(statement.refused)).rejects.toThrow();
        }
      } finally {
        await runner.release();
      }
    },
  };
}
