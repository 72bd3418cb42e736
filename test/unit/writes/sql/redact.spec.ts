import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redact } from '../../../../lib/writes/sql/redact.js';
import type { SqlDialect } from '../../../../lib/writes/sql/statement-effect.js';

const SECRET = 'hunter2';
const DIALECTS: readonly SqlDialect[] = ['postgres', 'mysql', 'sqlite'];

describe('a statement that is told of', () => {
  it.each<[SqlDialect, string, string]>([
    ['postgres', `CALL set_password(1, '${SECRET}')`, 'CALL set_password(?, ?)'],
    [
      'postgres',
      `CALL "Set"."password"($1, E'it\\'s ${SECRET}', X'6162', N'${SECRET}')`,
      'CALL "Set"."password"(?, ?, X?, N?)',
    ],
    ['postgres', `DO $a$ PERFORM f('${SECRET}'); $a$`, 'DO ?'],
    [
      'postgres',
      `CALL f(U&'${SECRET}', B'101', 1.5e3, -7, 0xAF, '${SECRET}'\n'${SECRET}')`,
      'CALL f(U&?, B?, ?, -?, ?, ? ?)',
    ],
    ['postgres', `CALL f(:1, 'it''s ${SECRET}')::text[]`, 'CALL f(:?, ?)::text[]'],
    ['mysql', `CALL set_password(1, "${SECRET}", 'it''s ${SECRET}')`, 'CALL set_password(?, ?, ?)'],
    ['mysql', "CALL `a b`.c(0x68756e74657232, x'68', _utf8'x', ?)", 'CALL `a b`.c(?, x?, _utf8?, ?)'],
    ['mysql', `BEGIN NOT ATOMIC\r\n\tSELECT 1; # ${SECRET}\nEND`, 'BEGIN NOT ATOMIC SELECT ?; END'],
    ['sqlite', `FROBNICATE [a b] \`c\` KEY "${SECRET}"`, 'FROBNICATE [a b] `c` KEY ?'],
    ['sqlite', `FROBNICATE :${SECRET} @x 1`, 'FROBNICATE ? ? ?'],
    ['postgres', `SET app.token TO ${SECRET}, b; CALL f(to, a)`, 'SET app.token TO ?, ?; CALL f(to, a)'],
    ['mysql', `CALL f(); set b = ${SECRET}, c = ${SECRET}`, 'CALL f(); set b = ?, ? = ?'],
    [
      'sqlite',
      `PRAGMA key = ${SECRET}; UPDATE a SET b = c; FROBNICATE`,
      'PRAGMA key = ?; UPDATE a SET b = c; FROBNICATE',
    ],
  ])('keeps its names, not its values (%s): %s', (dialect, sql, told) => {
    expect(redact(sql, dialect)).toBe(told);
  });

  it.each(DIALECTS)('is on one line, without comments (%s)', (dialect) => {
    const sql = `CALL\n\n f(a)\r -- ${SECRET}\n/* ${SECRET} */\t b`;
    expect(redact(sql, dialect)).toBe('CALL f(a) b');
    expect(redact('CALL a\u2028b', dialect)).toBe('CALL a\\u{2028}b');
    expect(redact('CALL a\u0000\u001b[31m\u2028b', dialect)).not.toMatch(/[\p{C}\p{Zl}]/u);
  });

  it.each<[string, string, readonly SqlDialect[]]>([
    ['a string never ends', `CALL f('x', ${SECRET}, 'y)`, DIALECTS],
    ['a comment never ends', `CALL f('x') ${SECRET} /* y`, DIALECTS],
    ['a backslash may or may not escape a quote', `CALL f('a\\', '${SECRET}', 'b\\', 'c')`, DIALECTS],
    ['a backslash may or may not escape the last quote', `CALL f('it\\'s ${SECRET}\\'')`, DIALECTS],
    ['a double quote may or may not be escaped', `CALL f("a\\", '${SECRET}', "b")`, ['mysql']],
    ['a comment may or may not go on', `CALL f(/* /* */ ${SECRET} */ 'y)`, ['mysql', 'sqlite']],
    ['there is a sign of no SQL', `CALL f('x', {'${SECRET}', ${SECRET}})`, DIALECTS],
    ['there is a backslash on its own', `CALL f('x') \\ ${SECRET}`, DIALECTS],
    ['what it runs may be a comment to the server', `CALL f(/*!99999 \` */ '${SECRET}' \` */ 1)`, ['mysql']],
    ['what it runs has a comment within', `CALL f(/*!99999 # */ ' \n ${SECRET} */ ')`, ['mysql']],
    ['it is too long to be read', `CALL f('x', '${'y'.repeat(70_000)}', ${SECRET})`, DIALECTS],
  ])('ends where its values begin when %s', (_, sql, dialects) => {
    for (const dialect of dialects) expect(redact(sql, dialect)).toMatch(/^CALL f\((\?|"a\\", )?/);
    for (const dialect of dialects) expect(redact(sql, dialect)).not.toContain(SECRET);
    for (const dialect of dialects) expect(redact(sql, dialect)).toMatch(/\?$/);
  });

  it.each(['', ' WITH (FORMAT csv)'])('has nothing of the rows behind COPY FROM STDIN%s', (format) => {
    const sql = `SET a = b; COPY t FROM stdin${format};\n1\t${SECRET}\tit's\n\\.\nCALL f(1)`;
    expect(redact(sql, 'postgres')).toBe(`SET a = ?; COPY t FROM stdin${format}; ?`);
  });

  it('is bounded, and says where it was cut', () => {
    const told = redact(`CALL f(${'a, '.repeat(1_000)})`, 'postgres');
    expect(told).toHaveLength(303);
    expect(told).toMatch(/^CALL f\(a, a, .*\.\.\.$/);
  });

  it('has no word or name that is longer than any of a database', () => {
    const long = SECRET.repeat(10);
    for (const dialect of DIALECTS) {
      expect(redact(`CALL ${long}(\`${long}\`)`, dialect)).not.toContain(SECRET);
      expect(redact(`CALL "${long}"`, dialect)).toBe('CALL ?');
    }
  });

  it('is the same for all values, so that it can be counted', () => {
    const texts = fc.constantFrom(
      (value: string) => `CALL set_password(1, '${value.replaceAll("'", "''")}')`,
      (value: string) => `CALL set_password(1, '${value.replaceAll("'", "''")}') -- ${value.replaceAll(/[\n\r]/g, '')}`,
      (value: string) => `/* ${value.replaceAll(/[*/]/g, '')} */ CALL set_password(2, '')`,
    );
    const plain = fc.string({ unit: 'binary' }).map((value) => value.replaceAll(/[\\\0]/g, ''));
    fc.assert(
      fc.property(fc.constantFrom(...DIALECTS), texts, plain, (dialect, text, value) => {
        expect(redact(text(value), dialect)).toBe('CALL set_password(?, ?)');
      }),
    );
  });

  it('never has anything of a string, whatever it holds and however it is escaped', () => {
    const part = fc.constantFrom("'", '"', '\\', "''", '\\"', '/*', '*/', '--', '#', '\n', ';', '$$', '`', ' ', 'x');
    const secret = fc.array(part, { maxLength: 6 }).map((parts) => parts.join(''));
    const quote = fc.constantFrom(
      (value: string) => `'${value.replaceAll("'", "''")}'`,
      (value: string) => `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`,
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...DIALECTS),
        fc.array(fc.tuple(quote, secret, secret), { minLength: 1, maxLength: 3 }),
        (dialect, values) => {
          const list = values.map(([quoted, before, after]) => quoted(`${before}${SECRET}${after}`));
          expect(redact(`CALL f(${list.join(', ')})`, dialect)).not.toContain(SECRET);
        },
      ),
      { numRuns: 5_000 },
    );
  });
});
