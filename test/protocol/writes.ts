import type { Cell } from './database.js';

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
  /** The database lets it be only when this has been written: it waits for somebody else's lock. Default: for nobody's. */
  readonly after?: Cell;
}

const updateRow = { sql: 'UPDATE "example" SET "title" = $1 WHERE "id" IN ($2)', parameters: ['new', 1] };
const insertRow = { sql: 'INSERT INTO "example"("title") VALUES ($1) RETURNING "id"', parameters: ['new'] };
const updateUserAgain = { sql: 'UPDATE "user" SET "username" = $1 WHERE "id" = $2', parameters: ['newer', 1] };
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
} as const satisfies Record<string, Write>;

export type WriteName = keyof typeof writes;
