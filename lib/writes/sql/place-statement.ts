import {
  readCopy,
  readData,
  readExplain,
  readExplained,
  readLoad,
  readRefresh,
  readTruncate,
} from './data-statements.js';
import { readDefinition, readRename, schema } from './definitions.js';
import { statementName } from './dynamic-text.js';
import { movesNames } from './moved-names.js';
import { namesAfter } from './names.js';
import { SESSION, type StatementEffect, UNKNOWN } from './statement-effect.js';
import type { Statement } from './statement.js';
import { named, readAutocommit, readTransactionControl, readXa, transaction } from './transaction-control.js';
import { volatileValue } from './volatile-value.js';

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '));

const POSTGRES_SESSION = words(
  'SET RESET LISTEN NOTIFY UNLISTEN DEALLOCATE DISCARD CLOSE FETCH MOVE CHECKPOINT LOCK ANALYZE ANALYSE VACUUM REINDEX CLUSTER LOAD',
);
const POSTGRES_COMMENTING = words('COMMENT GRANT REVOKE SECURITY');
const MYSQL_SESSION = words('USE KILL DEALLOCATE HELP');
/** What commits in MySQL without touching a row. */
const MYSQL_COMMITTING = words(
  'LOCK UNLOCK FLUSH RESET GRANT REVOKE OPTIMIZE REPAIR CHECK CACHE INSTALL UNINSTALL CHANGE STOP PURGE',
);
const SQLITE_SESSION = words('PRAGMA ATTACH DETACH ANALYZE VACUUM REINDEX');

/** What one statement does. Only what is known to write nothing comes back as a read or a setting. */
export function placeStatement(statement: Statement): readonly StatementEffect[] {
  if (!statement.balanced) return [UNKNOWN];
  const moves = movesNames(statement);
  return placeVerb(statement).map((effect) => ({ ...withVolatile(statement, effect), ...(moves && { moves }) }));
}

function withVolatile(statement: Statement, effect: StatementEffect): StatementEffect {
  if (effect.kind !== 'read' && effect.kind !== 'write') return effect;
  const volatile = effect.volatile ?? volatileValue(statement, effect.tables);
  return volatile === undefined ? effect : { ...effect, volatile };
}

/** What it does by its first keyword. */
function placeVerb(statement: Statement): readonly StatementEffect[] {
  const verb = statement.code(0);
  switch (verb) {
    case 'BEGIN':
    case 'COMMIT':
    case 'END':
    case 'ROLLBACK':
    case 'ABORT':
    case 'SAVEPOINT':
    case 'RELEASE':
      return [readTransactionControl(statement)];
    case 'CREATE':
    case 'ALTER':
    case 'DROP':
      return readDefinition(statement);
    case 'RENAME':
      return statement.dialect === 'mysql' ? readRename(statement) : [UNKNOWN];
    case 'TRUNCATE':
      return [readTruncate(statement)];
    case 'EXPLAIN':
      return [readExplain(statement)];
    case 'SHOW':
      // What the server says of itself follows no write.
      return [{ kind: 'read', tables: [], volatile: 'SHOW' }];
    default:
      return [readData(statement, 0) ?? DIALECTS[statement.dialect](statement, verb)];
  }
}

const DIALECTS = { postgres: placePostgres, mysql: placeMysql, sqlite: placeSqlite };

function placePostgres(statement: Statement, verb: string): StatementEffect {
  if (POSTGRES_SESSION.has(verb)) return SESSION;
  if (POSTGRES_COMMENTING.has(verb)) return schema(false, []);
  switch (verb) {
    case 'START':
      return statement.code(1) === 'TRANSACTION' ? transaction('begin') : UNKNOWN;
    case 'PREPARE':
      return statement.code(1) === 'TRANSACTION' ? named(statement, 'prepare', 2) : SESSION;
    case 'COPY':
      return readCopy(statement);
    case 'DECLARE':
      return readBehindFor(statement);
    case 'REFRESH':
      return readRefresh(statement);
    default:
      return UNKNOWN;
  }
}

function placeMysql(statement: Statement, verb: string): StatementEffect {
  if (MYSQL_SESSION.has(verb)) return SESSION;
  if (MYSQL_COMMITTING.has(verb)) return schema(true, []);
  const next = statement.code(1);
  switch (verb) {
    case 'START':
      return next === 'TRANSACTION' ? transaction('begin') : schema(true, []);
    case 'SET':
      if (next === 'STATEMENT') return readBehindFor(statement);
      return next === 'PASSWORD' ? schema(true, []) : (readAutocommit(statement) ?? SESSION);
    case 'XA':
      return readXa(statement);
    case 'LOAD':
      return next === 'INDEX' ? schema(true, []) : readLoad(statement);
    case 'HANDLER':
      return readHandler(statement);
    case 'EXECUTE':
      return readExecute(statement);
    case 'ANALYZE':
      return ['TABLE', 'TABLES', 'LOCAL', 'NO_WRITE_TO_BINLOG'].includes(next)
        ? schema(true, [])
        : readExplained(statement);
    case 'DESC':
    case 'DESCRIBE':
      return readExplain(statement);
    default:
      return UNKNOWN;
  }
}

function readHandler(statement: Statement): StatementEffect {
  const tables = namesAfter(statement, 1);
  return tables ? { kind: 'read', tables } : UNKNOWN;
}

/** What it runs its connection knows. With values it may run more than its text says. */
function readExecute(statement: Statement): StatementEffect {
  const name = statement.length === 2 ? statementName(statement) : undefined;
  return name === undefined ? UNKNOWN : { kind: 'unknown', moves: true, executes: name };
}

function placeSqlite(_statement: Statement, verb: string): StatementEffect {
  return SQLITE_SESSION.has(verb) ? SESSION : UNKNOWN;
}

/** DECLARE c CURSOR FOR ... in PostgreSQL; SET STATEMENT x = y FOR ... in MariaDB, which runs what follows. */
function readBehindFor(statement: Statement): StatementEffect {
  const start = statement.find(1, statement.length, 'FOR') + 1;
  return (start > 0 ? readData(statement, start) : undefined) ?? UNKNOWN;
}
