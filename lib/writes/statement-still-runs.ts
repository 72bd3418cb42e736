import type { EventEmitter } from 'node:events';

/** A client of pg, as far as it tells what it waits for. */
interface PgClient extends EventEmitter {
  /** False from the moment a statement is sent until the server is done with it, whatever became of its caller. */
  readonly readyForQuery?: boolean;
  readonly connection?: EventEmitter & { readonly stream?: { readonly destroyed?: boolean } };
  readonly _ended?: boolean;
}

/** A connection of mysql2. */
interface MysqlConnection {
  /** What the server has not answered yet. */
  readonly _command?: EventEmitter | null;
  readonly stream?: EventEmitter & { readonly destroyed?: boolean };
}

/**
 * What is left of a statement whose caller was told that it failed, while its connection lives on: pg's `query_timeout` and the `timeout`
 * of mysql2 give up at the client, the server goes on and may commit. Resolves when the server is done with it and rejects when the
 * connection ends before, for then the server may go on unheard; `undefined` when nothing runs, or the connection is gone already.
 */
export function statementStillRuns(connection: object): Promise<void> | undefined {
  return runsOnPg(connection as PgClient) ?? runsOnMysql(connection as MysqlConnection);
}

function runsOnPg(client: PgClient): Promise<void> | undefined {
  const { connection } = client;
  if (client.readyForQuery !== false || typeof connection?.once !== 'function') return undefined;
  if (client._ended || connection.stream?.destroyed) return undefined;
  return answered([connection, 'readyForQuery'], [connection, 'end'], [client, 'end']);
}

function runsOnMysql({ _command: command, stream }: MysqlConnection): Promise<void> | undefined {
  if (typeof command?.once !== 'function' || typeof stream?.once !== 'function' || stream.destroyed) return undefined;
  return answered([command, 'end'], [stream, 'close']);
}

type Awaited = readonly [EventEmitter, string];

/** Until the answer or one of the losses; then none is listened to. */
function answered(answer: Awaited, ...losses: readonly Awaited[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const heard = (): void => settle(resolve);
    const lost = (): void => settle(() => reject(new Error('The connection ended before the statement did.')));
    const settle = (how: () => void): void => {
      answer[0].removeListener(answer[1], heard);
      for (const [emitter, name] of losses) emitter.removeListener(name, lost);
      how();
    };
    answer[0].once(answer[1], heard);
    for (const [emitter, name] of losses) emitter.once(name, lost);
  });
}
