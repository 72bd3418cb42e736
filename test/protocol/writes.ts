import type { Cell } from './database.js';
import { inserted, removed, renamed, type Tables, together, updated } from './tables.js';

export interface Statement {
  readonly sql: string;
  readonly parameters?: readonly unknown[];
}

/** A write as TypeORM would send it. */
export interface Write {
  /** One after the other; those of one list are sent together. */
  readonly statements: readonly (Statement | readonly Statement[])[];
  /** What it changes once the last statement has run. */
  readonly cells: readonly Cell[];
  /** What it makes of the tables then; the cells that show it are found by that. */
  readonly effect?: (tables: Tables) => Tables;
  /** What must be known besides once it is acknowledged: it could not be made before others were. */
  readonly confirms?: Cell;
  /** The database lets it be only when this has been written: it waits for somebody else's lock. Default: for nobody's. */
  readonly after?: Cell;
  /** It is made by somebody who has heard that this was written. Default: by anybody. */
  readonly follows?: Cell;
}

const updateRow = { sql: 'UPDATE "example" SET "title" = $1 WHERE "id" IN ($2)', parameters: ['new', 1] };
const insertRow = { sql: 'INSERT INTO "example"("title") VALUES ($1) RETURNING "id"', parameters: ['new'] };
const updateUserAgain = { sql: 'UPDATE "user" SET "username" = $1 WHERE "id" = $2', parameters: ['newer', 1] };
/** What an index page does not show. */
const hideRow = { sql: 'UPDATE "example" SET "userId" = $1 WHERE "id" IN ($2)', parameters: [2, 1] };
const hidden = updated(1, () => ({ userId: 2 }));
const retitled = (id: number) => updated(id, ({ title }) => ({ title: `${title}!` }));
const retitleRow = (id: number) => ({
  sql: 'UPDATE "example" SET "title" = $1 WHERE "id" IN ($2)',
  parameters: ['new', id],
});
const setActive = (id: number, isActive: boolean) => ({
  statements: [{ sql: 'UPDATE "example" SET "isActive" = $1 WHERE "id" IN ($2)', parameters: [isActive, id] }],
  cells: [],
  effect: updated(id, () => ({ isActive })),
});
const insertAs = (isActive: boolean) => ({
  statements: [
    {
      sql: 'INSERT INTO "example"("title", "isActive", "userId") VALUES ($1, $2, $3) RETURNING "id"',
      parameters: ['new', isActive, 2],
    },
  ],
  cells: [],
  effect: inserted({ isActive, userId: 2 }),
});
const removeRow = (id: number) => ({
  statements: [{ sql: 'DELETE FROM "example" WHERE "id" IN ($1)', parameters: [id] }],
  cells: [],
  effect: removed(id),
});
const renameUser = (id: number) => ({
  statements: [{ sql: 'UPDATE "user" SET "username" = $1 WHERE "id" IN ($2)', parameters: ['new', id] }],
  cells: [],
  effect: renamed(id),
});
const updateUser = { sql: 'UPDATE "user" SET "username" = $1 WHERE "id" = $2', parameters: ['new', 1] };

export const writes = {
  update: { statements: [updateRow], cells: ['row'] },
  updateAll: { statements: [{ sql: 'UPDATE "example" SET "title" = $1', parameters: ['new'] }], cells: ['row'] },
  insert: { statements: [insertRow], cells: ['rows'] },
  updateUser: { statements: [updateUser], cells: ['user'] },
  // Gives up a name, and takes what another one has given up.
  rename: { statements: [updateUser], cells: ['user'] },
  takeName: {
    statements: [{ sql: 'INSERT INTO "user"("username") VALUES ($1) RETURNING "id"', parameters: ['old'] }],
    cells: ['user'],
    after: 'user',
  },
  // Nobody can tell what it writes.
  call: { statements: [{ sql: 'CALL change_everything()' }], cells: ['row', 'user'] },
  transaction: {
    statements: [{ sql: 'START TRANSACTION' }, updateRow, updateUser, { sql: 'COMMIT' }],
    cells: ['row', 'user'],
  },
  together: {
    statements: [{ sql: 'START TRANSACTION' }, insertRow, [updateUser, updateUserAgain], { sql: 'COMMIT' }],
    cells: ['rows', 'user'],
  },
  hide: { statements: [hideRow], cells: [], effect: hidden },
  retitle: { statements: [retitleRow(1)], cells: [], effect: retitled(1) },
  retitleListed: { statements: [retitleRow(2)], cells: [], effect: retitled(2), follows: 'active' },
  // By somebody who has seen that it is listed, which nobody may have been told of yet.
  retitleVisible: {
    statements: [retitleRow(2)],
    cells: [],
    effect: retitled(2),
    after: 'active',
    confirms: 'active',
  },
  retitleOther: { statements: [retitleRow(2)], cells: [], effect: retitled(2) },
  // Nobody can tell what it assigns.
  retitleUntold: {
    statements: [
      {
        sql: 'UPDATE "example" SET ("title") = (SELECT $1) WHERE "id" IN ($2)',
        parameters: ['new', 1],
      },
    ],
    cells: [],
    effect: retitled(1),
  },
  activate: setActive(2, true),
  deactivate: setActive(1, false),
  adopt: {
    statements: [{ sql: 'UPDATE "example" SET "userId" = $1 WHERE "id" IN ($2)', parameters: [1, 2] }],
    cells: [],
    effect: updated(2, () => ({ userId: 1 })),
  },
  insertActive: insertAs(true),
  insertInactive: insertAs(false),
  remove: removeRow(1),
  removeOther: removeRow(2),
  // It takes the key of a row that has gone.
  replaceRemoved: {
    statements: [
      {
        sql: 'INSERT INTO "example"("id", "title", "isActive", "userId") VALUES ($1, $2, $3, $4)',
        parameters: [1, 'new', false, 2],
      },
    ],
    cells: [],
    effect: inserted({ id: 1, isActive: false, userId: 2 }),
    after: 'active',
    confirms: 'active',
  },
  renameAuthor: renameUser(1),
  renameOther: renameUser(2),
  // A row that is not shown, and then one that is.
  giveAndRetitle: {
    statements: [
      { sql: 'START TRANSACTION' },
      { sql: 'UPDATE "example" SET "userId" = $1 WHERE "id" IN ($2)', parameters: [2, 2] },
      retitleRow(1),
      { sql: 'COMMIT' },
    ],
    cells: [],
    effect: together(
      updated(2, () => ({ userId: 2 })),
      retitled(1),
    ),
  },
  // What is shown is in the second of two changes.
  hideAndRetitle: {
    statements: [{ sql: 'START TRANSACTION' }, hideRow, retitleRow(1), { sql: 'COMMIT' }],
    cells: [],
    effect: together(hidden, retitled(1)),
  },
} as const satisfies Record<string, Write>;

export type WriteName = keyof typeof writes;
