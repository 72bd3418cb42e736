import type { TableRef } from './statement-effect.js';
import type { Statement } from './statement.js';
import {
  NOW_BY_DEFAULT,
  SYSTEM_SCHEMAS,
  SYSTEM_TABLES,
  VOLATILE_FUNCTIONS,
  VOLATILE_PREFIXES,
  VOLATILE_WORDS,
} from './volatile-functions.js';

/** What PostgreSQL reads as a date when a string is cast to one. */
const TIME_WORD = /\b(?:now|today|tomorrow|yesterday)\b/i;
/** What else may stand beside it: numbers and signs, a zone, half of a day. Anything else makes it a sentence, and no date. */
const BESIDE_TIME_WORDS =
  /\b(?:now|today|tomorrow|yesterday|allballs|zulu|utc|z|t|am|pm|bc|ad|[a-z]{1,4}t|\w+\/\w+)\b|[\d\s:.,+\-/]/gi;
/** SQLite trims nothing, and takes `subsec` alone for now as well. */
const SQLITE_NOW = /^(?:now|subsec|subsecond)$/i;

const MOST_WORDS = 60;

/**
 * The first thing in the statement whose answer changes without a write, as it is written; `undefined` when there is none.
 *
 * Names are never taken for it: what is quoted, stands behind a dot or AS, or has a dot behind it.
 */
export function volatileValue(statement: Statement, tables: readonly TableRef[]): string | undefined {
  for (let at = 0; at < statement.length; at++) {
    const found = volatileAt(statement, at);
    if (found !== undefined) return found;
  }
  return systemTable(statement, tables);
}

/** Whether a database may read this text as a time that passes; good for the values of parameters, too. */
export function isTimeWord(text: string, { dialect }: Pick<Statement, 'dialect'>): boolean {
  if (dialect === 'sqlite') return SQLITE_NOW.test(text);
  // A long text is none, and need not be searched.
  return (
    dialect === 'postgres' && text.length < 64 && TIME_WORD.test(text) && text.replace(BESIDE_TIME_WORDS, '') === ''
  );
}

function volatileAt(statement: Statement, at: number): string | undefined {
  const token = statement.tokens[at]!;
  switch (token.kind) {
    case 'word':
    case 'name':
      return volatileName(statement, at);
    case 'string':
    case 'opaque':
      return isTimeText(statement, at) ? timeText(token.text) : undefined;
    case 'symbol':
      return token.code === '@' && statement.dialect === 'mysql' ? variable(statement, at) : undefined;
    default:
      return undefined;
  }
}

function volatileName(statement: Statement, at: number): string | undefined {
  const { dialect, tokens } = statement;
  const token = tokens[at]!;
  if (isLabel(statement, at)) return undefined;
  const name = token.text.toUpperCase();
  if (statement.code(at + 1) !== '(' || (token.kind === 'name' && namesColumns(statement, at))) {
    if (token.kind === 'name' || statement.code(at + 1) === '.') return undefined;
    if (VOLATILE_WORDS[dialect].has(name)) return token.text;
    // MariaDB's NEXT VALUE FOR s.
    const sequence = /^(?:NEXT|PREVIOUS)$/.test(name) && statement.says(at + 1, 'VALUE', 'FOR');
    return sequence && dialect === 'mysql' ? `${token.text} VALUE FOR` : undefined;
  }
  const empty = statement.code(at + 2) === ')';
  const volatile =
    VOLATILE_FUNCTIONS[dialect].has(name) ||
    VOLATILE_PREFIXES[dialect]?.test(name) ||
    dependsOnNow(statement, at, name);
  return volatile ? `${token.text}(${empty ? '' : '...'})` : undefined;
}

/** A column, a label, or a function of a schema other than the database's own. */
function isLabel(statement: Statement, at: number): boolean {
  const before = statement.code(at - 1);
  return before === 'AS' || (before === '.' && statement.identifier(at - 2)?.toLowerCase() !== 'pg_catalog');
}

/** `"now"("id")`, as in INSERT INTO, is a table's name; `"now"()` is a call. */
function namesColumns(statement: Statement, at: number): boolean {
  return statement.identifier(at + 2) !== undefined;
}

function dependsOnNow(statement: Statement, at: number, name: string): boolean {
  const enough = NOW_BY_DEFAULT[statement.dialect].get(name);
  if (enough === undefined) return false;
  const end = statement.close(at + 1);
  if (countArguments(statement, at + 2, end) < enough) return true;
  if (statement.dialect !== 'sqlite') return false;
  // Whatever takes more words than this is not looked through, which keeps the time linear.
  if (end - at > MOST_WORDS) return true;
  for (let next = at + 2; next < end; next++) {
    const { kind, text } = statement.tokens[next]!;
    // A parameter may say now, and SQLite takes "now" for a string where no column has that name.
    if (kind === 'parameter' || kind === 'opaque' || (kind === 'name' && SQLITE_NOW.test(text))) return true;
  }
  return false;
}

function countArguments(statement: Statement, from: number, end: number): number {
  if (from >= end) return 0;
  let count = 1;
  for (let at = from; at < end; at = statement.after(at)) if (statement.code(at) === ',') count++;
  return count;
}

function isTimeText(statement: Statement, at: number): boolean {
  const { kind, text } = statement.tokens[at]!;
  if (isTimeWord(text, statement)) return true;
  if (statement.dialect !== 'postgres') return false;
  // Strings on lines of their own are put together, whatever the first one's quotes.
  if (['string', 'opaque'].includes(statement.tokens[at - 1]?.kind ?? '')) return true;
  // Escapes that are not undone may spell anything: those of E'..', and those of U&'..', which is as rare as it looks.
  if (kind === 'opaque') return /\\[xuU0-7]/.test(text) || isTimeWord(text.replaceAll('\\', ''), statement);
  return statement.code(at - 1) === '&' && statement.code(at - 2) === 'U';
}

/** No more of a string than its word for a time, since it is told: it may hold a value. */
function timeText(text: string): string {
  const [word] = SQLITE_NOW.exec(text) ?? TIME_WORD.exec(text) ?? [];
  return word === undefined ? 'a text that may spell a time' : `'${word}'`;
}

function variable(statement: Statement, at: number): string {
  const scope = statement.code(at + 1) === '@' ? '@@' : '@';
  const path = statement.path(at + scope.length);
  return `${scope}${path?.parts.join('.') ?? statement.tokens[at + scope.length]?.text ?? ''}`;
}

function systemTable({ dialect }: Statement, tables: readonly TableRef[]): string | undefined {
  const found = tables.find(
    ({ name, schema, database }) =>
      SYSTEM_SCHEMAS.has((schema ?? database ?? '').toLowerCase()) ||
      (schema === undefined && SYSTEM_TABLES[dialect]?.test(name)),
  );
  return found?.name;
}
