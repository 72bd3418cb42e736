const BACKSLASH = 92;

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
