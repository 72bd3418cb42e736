export interface RedisCommand {
  /** In lower case: ioredis has a method of that name. */
  readonly name: string;
  readonly args: readonly string[];
  /** The key that decides the node of a cluster; `undefined` for any node. */
  readonly key: string | undefined;
  /** The text of the script an `evalsha` runs. */
  readonly text?: string;
}

/** All this library asks of a Redis client. It neither closes nor configures what it was given, nor listens to it. */
export interface RedisConnection {
  /** e.g. `ioredis cluster` */
  readonly name: string;
  /** Keys of one command must share a slot. */
  readonly isCluster: boolean;
  /** What the client puts before every key by itself. Default: nothing. */
  readonly keyPrefix?: string;
  /** Its client is told to speak TLS. Default: it is not. */
  readonly isTls?: boolean;
  /**
   * Sends the commands together; answers in their order, an `Error` in the place of a command that failed. Rejects at once when
   * the connection is known to be down: clients would rather keep commands until it is back, however long that takes. While one is
   * coming up for the first time, nothing is sent before it is there, or ever when that takes longer than `patienceMs`: whoever
   * closes a client waits for the commands it keeps, for ever if need be.
   */
  send(commands: readonly RedisCommand[], patienceMs?: number): Promise<unknown[]>;
  /**
   * Somebody closes this client before us, and waits for the commands it was given: none of ours goes over it, unless it cannot be
   * dialled.
   */
  readonly isLeftAlone?: boolean;
  /** How to reach the same server once more, without a key prefix; absent where the client does not know. */
  readonly dial?: Dial;
}

/** A connection of our own, for as long as it lasts. */
export interface Line {
  send(commands: readonly RedisCommand[]): Promise<unknown[]>;
  /** Hears a channel from now on, and sends nothing but PING any more. Absent where it is no line to one server. */
  readonly subscribe?: (channel: string, hear: (message: unknown) => void) => Promise<void>;
  /** Ends it at once. */
  end(): void;
}

/**
 * Opens a line that keeps no process alive, keeps no commands while it is down, repeats none and does not reconnect by itself;
 * `onLost` is told when it is gone. One that is not there yet when the signal comes is not wanted any more, whatever it waits for.
 */
export type Dial = (onLost: () => void, signal: AbortSignal) => Promise<Line>;

/** How long a line may take to come up, in milliseconds: one that takes longer is of no use to a budget. */
export const CONNECT_TIMEOUT_MS = 2_000;

/** The pause before a lost node of a cluster is dialled again, in milliseconds: 10, 20, 40, to a second. */
export const reconnectPauseMs = (failures: number): number => Math.min(10 * 2 ** Math.min(failures, 7), 1_000);

/** What the application's own client is used as where it cannot be duplicated. */
export const lineOver = (connection: RedisConnection): Line => ({
  send: (commands) => connection.send(commands),
  end: () => undefined,
});

export function unlessThrown<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch {
    return undefined;
  }
}
