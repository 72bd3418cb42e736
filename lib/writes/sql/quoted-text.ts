export interface QuotedText {
  /** Between the quotes, with doubled quotes undone. */
  readonly text: string;
  /** Holds a backslash escape, which is not undone. */
  readonly escaped: boolean;
  /** Where the text goes on. */
  readonly end: number;
}

const BACKSLASH = 92;

/** Reads from the quote at `start` to the one that ends it; `undefined` when none does. */
export function readQuoted(sql: string, start: number, backslashes: boolean): QuotedText | undefined {
  const end = endOfQuoted(sql, start, backslashes);
  if (end < 0) return undefined;
  const quote = sql[start]!;
  const text = sql.slice(start + 1, end - 1);
  return {
    text: text.includes(quote) ? text.replaceAll(quote + quote, quote) : text,
    escaped: backslashes && text.includes('\\'),
    end,
  };
}

/** Where the text goes on behind what the quote at `start` opens; -1 when nothing ends it. */
export function endOfQuoted(sql: string, start: number, backslashes: boolean): number {
  const quote = sql.charCodeAt(start);
  for (let at = start + 1; at < sql.length; at++) {
    const code = sql.charCodeAt(at);
    if (code === BACKSLASH && backslashes) at++;
    else if (code === quote) {
      if (sql.charCodeAt(at + 1) !== quote) return at + 1;
      at++;
    }
  }
  return -1;
}

/** The end of a PostgreSQL comment, which nests; -1 when there is none. */
export function endOfNestedComment(sql: string, start: number): number {
  const edge = /\/\*|\*\//g;
  edge.lastIndex = start + 2;
  for (let depth = 1; depth > 0;) {
    const found = edge.exec(sql);
    if (!found) return -1;
    depth += found[0] === '/*' ? 1 : -1;
  }
  return edge.lastIndex;
}
