export interface QuotedText {
  /** Between the quotes, with doubled quotes undone. */
  readonly text: string;
  /** Holds a backslash escape, which is not undone. */
  readonly escaped: boolean;
  /** Where the text goes on. */
  readonly end: number;
}

const STOPS: Record<string, RegExp> = { "'": /['\\]/g, '"': /["\\]/g, '`': /`/g };

/** Reads from the quote at `start` to the one that ends it; `undefined` when none does. */
export function readQuoted(sql: string, start: number, backslashes: boolean): QuotedText | undefined {
  const quote = sql[start]!;
  const stop = STOPS[quote]!;
  let doubled = false;
  let escaped = false;
  for (let at = start + 1; ; at += 2) {
    at = backslashes ? search(stop, sql, at) : sql.indexOf(quote, at);
    if (at < 0) return undefined;
    if (sql[at] === '\\') {
      escaped = true;
    } else if (sql[at + 1] === quote) {
      doubled = true;
    } else {
      const text = sql.slice(start + 1, at);
      return { text: doubled ? text.replaceAll(quote + quote, quote) : text, escaped, end: at + 1 };
    }
  }
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

function search(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from;
  return pattern.exec(text)?.index ?? -1;
}
