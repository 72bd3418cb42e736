import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Pieces } from '../../../../lib/writes/sql/pieces.js';
import type { SqlDialect } from '../../../../lib/writes/sql/statement-effect.js';

const SNIPPETS =
  `SELECT a "b" "b""c" \`d\` [e] 'f' 'it''s' 'a\\' '\\'' E'\\'' e'x' U&"x" u&'x' 1 2.5 1. .5 1e5 1e 12ab 0xAF db.1st t.1e5 $1 $a$ $$ $$x$$ $x$;$x$ ? ?? ??? ?1
  :g @h #i $j :: -- --x -- # /* */ /*/ /*! /*!50000 /*M! /*+ */ ( ) , . ; = < > | & * / - + ! ~ é \ufeff \ufeffa \x0b _ x'ff' "`.split(
    ' ',
  );
const text = fc
  .array(fc.tuple(fc.constantFrom(...SNIPPETS), fc.constantFrom('', '', ' ', '\n', '\r')), { maxLength: 40 })
  .map((snippets) => snippets.flat().join(''));

describe.each<SqlDialect>(['postgres', 'mysql', 'sqlite'])('pieces of a text: %s', (dialect) => {
  it('follow each other without a gap, to its end', () => {
    fc.assert(
      fc.property(text, (sql) => {
        let end = 0;
        for (const piece of piecesOf(sql, dialect)) {
          expect(piece.start, sql).toBe(end);
          expect(piece.end, sql).toBeGreaterThan(end);
          end = piece.end;
        }
        expect(end, sql).toBe(sql.length);
      }),
      { numRuns: 3000 },
    );
  });

  it('are what they are wherever they stand', () => {
    fc.assert(
      fc.property(text, (sql) => {
        for (const { kind, start, end } of piecesOf(sql, dialect)) {
          // A comment's edges belong together, and what never ends may be one behind the other.
          if (kind === 'edge' || kind === 'open') return;
          // Some are words only behind a dot.
          if (dialect === 'mysql' && kind === 'word') continue;
          // What goes on from another line has the escapes of its beginning.
          if (kind === 'opaque' && sql[start] === "'") continue;
          expect(piecesOf(sql.slice(start, end), dialect), sql).toEqual([{ kind, start: 0, end: end - start }]);
        }
      }),
      { numRuns: 3000 },
    );
  });
});

function piecesOf(sql: string, dialect: SqlDialect): { kind: string; start: number; end: number }[] {
  const pieces = new Pieces(sql, dialect);
  const found = [];
  while (pieces.next()) found.push({ kind: pieces.kind, start: pieces.start, end: pieces.end });
  return found;
}
