import { SESSION, type StatementEffect, type TransactionVerb, UNKNOWN } from './statement-effect.js';
import type { Statement } from './statement.js';

const SCOPES_OF_OTHERS = ['GLOBAL', 'PERSIST', 'PERSIST_ONLY'];
const BEGIN_MODES: Record<Statement['dialect'], readonly string[]> = {
  postgres: ['WORK', 'TRANSACTION', 'ISOLATION', 'READ', 'NOT', 'DEFERRABLE'],
  mysql: ['WORK'],
  sqlite: ['DEFERRED', 'IMMEDIATE', 'EXCLUSIVE', 'CONCURRENT', 'TRANSACTION'],
};

/** What a statement does to the transaction, given that its first keyword is one of these. Only what is surely that is taken for it. */
export function readTransactionControl(statement: Statement): StatementEffect {
  const { dialect, length } = statement;
  switch (statement.code(0)) {
    case 'BEGIN':
      // BEGIN NOT ATOMIC is a block of statements in MariaDB.
      return length === 1 || BEGIN_MODES[dialect].includes(statement.code(1)) ? transaction('begin') : UNKNOWN;
    case 'COMMIT':
      if (statement.code(1) === 'PREPARED') return named(statement, 'commit-prepared', 2);
      return end(statement, 'commit');
    case 'END':
      return dialect === 'mysql' ? UNKNOWN : end(statement, 'commit');
    case 'ROLLBACK':
      if (statement.code(1) === 'PREPARED') return named(statement, 'rollback-prepared', 2);
      return rollback(statement);
    case 'ABORT':
      return dialect === 'postgres' ? end(statement, 'rollback') : UNKNOWN;
    case 'SAVEPOINT':
      return named(statement, 'savepoint', 1);
    case 'RELEASE':
      return named(statement, 'release', statement.skip(1, 'SAVEPOINT'));
    default:
      return UNKNOWN;
  }
}

/** XA, the two-phase commit of MySQL. */
export function readXa(statement: Statement): StatementEffect {
  const verb = statement.code(1);
  const onePhase = statement.says(statement.length - 2, 'ONE', 'PHASE');
  const name = statement.tokens
    .slice(2, onePhase ? -2 : undefined)
    .map(({ text }) => text)
    .join('');
  switch (verb) {
    case 'START':
    case 'BEGIN':
      return transaction('begin', name);
    case 'END':
    case 'RECOVER':
      return SESSION;
    case 'PREPARE':
      return transaction('prepare', name);
    case 'COMMIT':
      return transaction(onePhase ? 'commit' : 'commit-prepared', name);
    case 'ROLLBACK':
      return transaction('rollback-prepared', name);
    default:
      return UNKNOWN;
  }
}

/** MySQL's SET autocommit = .. among the assignments; `undefined` when there is none. */
export function readAutocommit(statement: Statement): StatementEffect | undefined {
  let found: StatementEffect | undefined;
  for (let at = 1; at < statement.length; at++) {
    if (!/^autocommit$/i.test(statement.identifier(at) ?? '') || !isOwn(statement, at)) continue;
    // A second one would decide, and behind a GLOBAL elsewhere it may not be this session's.
    if (found || statement.findAnywhere(1, ...SCOPES_OF_OTHERS) >= 0) return UNKNOWN;
    found = autocommitValue(statement, statement.skip(at + 1, ':', '='));
  }
  return found;
}

function autocommitValue(statement: Statement, at: number): StatementEffect {
  const text = statement.tokens[at]?.text ?? '';
  // `1 - 1` is no 1.
  if (at + 1 < statement.length && statement.code(at + 1) !== ',') return UNKNOWN;
  if (/^(?:0|off|false)$/i.test(text)) return transaction('autocommit-off');
  return /^(?:1|on|true)$/i.test(text) ? transaction('autocommit-on') : UNKNOWN;
}

/** This session's: no user variable `@autocommit`, and not the default of sessions to come. */
function isOwn(statement: Statement, at: number): boolean {
  const before = statement.code(at - 1);
  const scope = before === '.' ? statement.code(at - 2) : before;
  if (SCOPES_OF_OTHERS.includes(scope)) return false;
  if (!['=', ':'].includes(statement.code(at + 1))) return false;
  return before !== '@' || statement.code(at - 2) === '@';
}

export function transaction(verb: TransactionVerb, name?: string): StatementEffect {
  return { kind: 'transaction', verb, ...(name !== undefined && { name }) };
}

export function named(statement: Statement, verb: TransactionVerb, at: number): StatementEffect {
  const token = statement.tokens[at];
  const name = token?.kind === 'string' ? token.text : statement.identifier(at);
  return name !== undefined && at + 1 === statement.length ? transaction(verb, name) : UNKNOWN;
}

function rollback(statement: Statement): StatementEffect {
  const to = statement.skip(1, 'WORK', 'TRANSACTION');
  if (statement.code(to) !== 'TO') return end(statement, 'rollback');
  const name = statement.code(to + 1) === 'SAVEPOINT' && to + 2 < statement.length ? to + 2 : to + 1;
  return named(statement, 'rollback-to', name);
}

/** [WORK | TRANSACTION] [AND [NO] CHAIN] [[NO] RELEASE] */
function end(statement: Statement, verb: 'commit' | 'rollback'): StatementEffect {
  const options = statement.skip(1, 'WORK', 'TRANSACTION');
  const chain = statement.says(options, 'AND', 'CHAIN');
  if (statement.skip(options, 'AND', 'NO', 'CHAIN', 'RELEASE') !== statement.length) return UNKNOWN;
  return chain ? { kind: 'transaction', verb, chain } : transaction(verb);
}
