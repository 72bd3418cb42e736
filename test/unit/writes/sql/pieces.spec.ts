import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Pieces } from '../../../../lib/writes/sql/pieces.js';
import type { SqlDialect } from '../../../../lib/writes/sql/statement-effect.js';
import { tokenize } from '../../../../lib/writes/sql/tokenizer.js';

const SNIPPETS =
  `SELECT a "b" "b""c" \`d\` [e] 'f' 'it''s' 'a\\' '\\'' E'\\'' e'x' U&"x" u&'x' 1 2.5 1. .5 1e5 1e 12ab 0xAF db.1st t.1e5 $1 $a$ $$ $$x$$ $x$;$x$ ? ?? ??? ?1
  :g @h #i $j :: -- --x -- # /* */ /*/ /*! /*!50000 /*M! /*+ */ ( ) , . ; = < > | & * / - + ! ~ é \ufeff \ufeffa \x0b _ x'ff' "`.split(
    ' ',
  );
const text = fc
  .array(fc.tuple(fc.constantFrom(...SNIPPETS), fc.constantFrom('', '', ' ', '\n', '\r')), { maxLength: 40 })
  .map((snippets) => snippets.flat().join(''));

const TOKENS = new Set(['word', 'name', 'string', 'opaque', 'number', 'parameter', 'symbol']);

describe('pieces of a text', () => {
  it.each<SqlDialect>(['postgres', 'mysql', 'sqlite'])('are what the tokenizer cuts: %s', (dialect) => {
    fc.assert(
      fc.property(text, (sql) => {
        const { tokens, complete } = tokenize(sql, dialect);
        expect(piecesOf(sql, dialect)).toEqual({ texts: tokens.map((token) => token.text), complete });
      }),
      { numRuns: 3000 },
    );
  });
});

/** Each piece as the tokenizer would cut it where it stands alone. */
function piecesOf(sql: string, dialect: SqlDialect): { texts: string[]; complete: boolean } {
  const pieces = new Pieces(sql, dialect);
  const texts: string[] = [];
  let edges = 0;
  while (pieces.next()) {
    if (pieces.kind === 'open') return { texts, complete: false };
    if (pieces.kind === 'edge') edges++;
    if (!TOKENS.has(pieces.kind)) continue;
    const tokens = tokenize(pieces.text, dialect).tokens;
    // Some are words only behind a dot.
    texts.push(tokens.length === 1 ? tokens[0]!.text : pieces.text);
  }
  return { texts, complete: edges % 2 === 0 };
}
