export interface RedisCommand {
  /** In lower case: ioredis has a method of that name. */
  readonly name: string;
  readonly args: readonly string[];
  /** The key that decides the node of a cluster; `undefined` for any node. */
  readonly key: string | undefined;
  /** The text of the script an `evalsha` runs. */
  readonly source?: string;
}

/** All this library asks of a Redis client. It neither closes nor configures what it was given, nor listens to it. */
export interface RedisConnection {
  /** e.g. `ioredis cluster` */
  readonly name: string;
  /** Keys of one command must share a slot. */
  readonly isCluster: boolean;
  /**
   * Sends the commands together; answers in their order, an `Error` in the place of a command that failed. Rejects at once when
   * the connection is known to be down: clients would rather keep commands until it is back, however long that takes.
   */
  send(commands: readonly RedisCommand[]): Promise<unknown[]>;
}
