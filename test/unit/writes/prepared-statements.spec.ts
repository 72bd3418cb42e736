import { expect, it } from 'vitest';
import { PreparedStatements } from '../../../lib/writes/prepared-statements.js';
import { readStatements } from '../../../lib/writes/sql/read-statements.js';
import { effectText } from './sql/effect-text.js';

/** One connection, and what texts sent to it one after the other do. */
function connection() {
  const statements = new PreparedStatements();
  const its = {};
  const resolve = (sql: string, isSure = true) => statements.resolve(its, readStatements(sql, 'mysql'), isSure);
  const send = (sql: string, isSure = true) => {
    const effects = resolve(sql, isSure);
    statements.follow(its, effects);
    return effects.map(effectText);
  };
  return { resolve, send };
}

const PREPARE = "PREPARE s FROM 'DELETE FROM a WHERE id = 1'";

it('is told by what was prepared under its name, each time', () => {
  const { send } = connection();
  expect(send('EXECUTE s')).toEqual(['unknown']);
  expect(send(PREPARE)).toEqual(['session']);
  expect(send('execute `S`')).toEqual(['delete a [id=1]']);
  expect(send('SELECT 1')).toEqual(['read']);
  expect(send('EXECUTE s')).toEqual(['delete a [id=1]']);
  expect(send('EXECUTE t')).toEqual(['unknown']);
});

it.each([
  ['it is prepared anew', "PREPARE S FROM 'UPDATE b SET x = 1'", 'update b set x'],
  ['it is prepared from what is not written out', 'PREPARE s FROM @text', 'unknown'],
  ['it has parameters', "PREPARE s FROM 'DELETE FROM a WHERE id = ?'", 'unknown'],
  ['a name may be equal that looks like another one', "PREPARE š FROM 'DELETE FROM b'", 'unknown'],
  ['what was not understood may have prepared it anew', 'CALL p()', 'unknown'],
  ['it is prepared anew among other statements', "SELECT 1; PREPARE s FROM 'DELETE FROM b'", 'unknown'],
  ['a comment that may be code prepares it', "/*!50000 PREPARE s FROM 'DELETE FROM b' */", 'unknown'],
])('is told by nothing that stood before: %s', (_, sql, then) => {
  const { send } = connection();
  send(PREPARE);
  send(sql);
  expect(send('EXECUTE s')).toEqual([then]);
});

it('is not told by what failed, nor by what that may have taken away', () => {
  const { send, resolve } = connection();
  send(PREPARE);
  resolve("PREPARE s FROM 'DELETE FROM b'");
  expect(send('EXECUTE s')).toEqual(['unknown']);
});

it.each(['EXECUTE s USING @x', 'SELECT 1; EXECUTE s'])('is not told in %s', (sql) => {
  const { send } = connection();
  send(PREPARE);
  expect(send(sql)).toContain('unknown');
});

it('is not told beside other statements, nor where its names may lead elsewhere', () => {
  const { send } = connection();
  send(PREPARE);
  expect(send('EXECUTE s', false)).toEqual(['unknown']);
});
