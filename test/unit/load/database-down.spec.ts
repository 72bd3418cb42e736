import { QueryFailedError, QueryRunnerAlreadyReleasedError } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { connecting, isDatabaseDown } from '../../../lib/load/database-down.js';

const failed = (message: string, more: object) => Object.assign(new Error(message), more);
const asQuery = (error: Error) => new QueryFailedError('SELECT 1', [], error);

async function asConnecting(error: unknown): Promise<unknown> {
  await connecting(() => Promise.reject(error as Error)).catch(() => undefined);
  return error;
}

const down: [string, Error][] = [
  ...['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'EPIPE', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'].map(
    (code): [string, Error] => [code, failed(`connect ${code}`, { code, errno: -111 })],
  ),
  ['of several addresses', Object.assign(new AggregateError([new Error('one')]), { code: 'ECONNREFUSED' })],
  ...['08000', '08003', '08006', '57P01', '57P02', '57P03', '57P05', '53300'].map((code): [string, Error] => [
    `SQLSTATE ${code}`,
    failed('terminating connection', { code, severity: 'FATAL' }),
  ]),
  ['a pooler without a server', failed('no server to connect to', { code: '08P01', severity: 'FATAL' })],
  ['pg, ended', new Error('Connection terminated')],
  ['pg, broken', new Error('Connection terminated unexpectedly')],
  ['pg, too slow to connect', new Error('Connection terminated due to connection timeout')],
  ['pg, asked once more', new Error('Client has encountered a connection error and is not queryable')],
  ['the pool of pg', new Error('timeout exceeded when trying to connect')],
  ['mysql2, lost', failed('Connection lost', { code: 'PROTOCOL_CONNECTION_LOST', fatal: true })],
  ['mysql2, asked once more', new Error("Can't add new command when connection is in closed state")],
  ['MySQL, full', failed('Too many connections', { code: 'ER_CON_COUNT_ERROR', errno: 1040, sqlState: '08004' })],
  ['MySQL, ending', failed('Server shutdown', { code: 'ER_SERVER_SHUTDOWN', errno: 1053, sqlState: '08S01' })],
  ['MariaDB, killed', failed('Connection was killed', { code: undefined, errno: 1927, sqlState: '70100' })],
  ['SQLite, without its file', failed('unable to open database file', { code: 'SQLITE_CANTOPEN' })],
  ['SQLite, without its disk', failed('disk I/O error', { code: 'SQLITE_IOERR_READ' })],
];

const answered: [string, Error][] = [
  ...['42601', '42P01', '42501', '28P01', '28000', '3D000', '23505', '22P02', '57014', '53200', '53100', '40001'].map(
    (code): [string, Error] => [`SQLSTATE ${code}`, failed('no', { code, severity: 'ERROR' })],
  ),
  ...['08000', '08001', '08006', '57P01', '53300'].map((code): [string, Error] => [
    `SQLSTATE ${code}, raised by a function`,
    failed('the partner said no', { code, severity: 'ERROR' }),
  ]),
  ['too few parameters', failed('bind message supplies 1 parameters', { code: '08P01', severity: 'ERROR' })],
  ['MySQL, syntax', failed('syntax', { code: 'ER_PARSE_ERROR', errno: 1064, sqlState: '42000' })],
  ['MySQL, password', failed('no', { code: 'ER_ACCESS_DENIED_ERROR', errno: 1045, sqlState: '28000', fatal: true })],
  ['MySQL, an error without a name', failed('Connection terminated', { code: undefined, errno: 4_242 })],
  ['MySQL, no such database', failed('no', { code: 'ER_BAD_DB_ERROR', errno: 1049, sqlState: '42000', fatal: true })],
  ['a statement that took too long', new Error('Query read timeout')],
  ['MySQL, the same', failed('inactivity timeout', { code: 'PROTOCOL_SEQUENCE_TIMEOUT', fatal: true })],
  ['SQLite, busy', failed('database is locked', { code: 'SQLITE_BUSY' })],
  ['SQLite, syntax', failed('near "FORM": syntax error', { code: 'SQLITE_ERROR' })],
  ['sql.js', new Error('no such table: example')],
  ['a pool that was ended', new Error('Cannot use a pool after calling end on the pool')],
  ['that of mysql2', new Error('Pool is closed.')],
  ['words elsewhere in a message', new Error('invalid input: "Connection terminated"')],
];

describe('A database is down', () => {
  it.each(down)('by an error of its driver, not where the application has thrown it: %s', async (_, error) => {
    expect(isDatabaseDown(error)).toBe(false);
    expect(isDatabaseDown(asQuery(error))).toBe(true);
    expect(isDatabaseDown(await asConnecting(error))).toBe(true);
  });

  it('when the driver has taken back its connection in the middle of a load', () => {
    expect(isDatabaseDown(new QueryRunnerAlreadyReleasedError())).toBe(true);
  });

  it.each(answered)('not when it has answered, or not said why: %s', async (_, error) => {
    expect(isDatabaseDown(asQuery(error))).toBe(false);
    expect(isDatabaseDown(await asConnecting(error))).toBe(false);
  });

  it.each([undefined, null, 'ECONNREFUSED', 7, {}])('nor by what is no error: %o', async (thrown) => {
    expect(isDatabaseDown(await asConnecting(thrown))).toBe(false);
    expect(isDatabaseDown(thrown)).toBe(false);
  });
});
