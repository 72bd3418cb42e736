import { StoreError } from '../errors.js';
import { safeError, withoutQuoted } from '../events/safe-error.js';
import type { Standing } from './cache-store.js';
import { failureOf } from './failure.js';
import { OwnConnection } from './own-connection.js';
import type { Dial, Line, RedisCommand, RedisConnection } from './redis-connection.js';
import { Standings } from './standings.js';

/** Where a server tells which keys have changed. */
const CHANNEL = '__redis__:invalidate';

/** How often the line is asked whether it is there, in milliseconds: what has not answered by the next time is lost. */
const BEAT_MS = 250;

/** How long a line to another server than the readers' is kept, in milliseconds: theirs may have moved, and it is not looked for more often. */
const ASTRAY_MS = 1_000;

export interface TrackingOptions {
  /** How the names of all keys begin that are to be told of. */
  readonly prefixes: readonly string[];
  /** Told once why nothing is heard, until something was. */
  readonly failed: (error: StoreError) => void;
}

/** A line that is up. */
interface Up {
  readonly line: Line;
  /** The history of its server. */
  readonly epoch: string;
  readonly since: number;
  readonly beat: NodeJS.Timeout;
}

/**
 * Hears of every key of a server that changes, over a connection of its own: Redis' client-side caching in broadcasting mode. It gives no
 * standings while it does not hear, and ends all of them when it loses the line.
 */
export class Tracking {
  readonly #standings = new Standings();
  readonly #prefixes: readonly string[];
  readonly #own: OwnConnection;
  #up: Up | undefined;
  #isTold = false;
  #isOpen = false;

  /** A cluster would have to be heard node by node; not every client knows how to be duplicated. */
  static isPossible({ isCluster, dial }: RedisConnection): boolean {
    return !isCluster && dial !== undefined;
  }

  /** @param connection for which it `isPossible` */
  constructor(
    private readonly connection: RedisConnection,
    private readonly options: TrackingOptions,
  ) {
    this.#prefixes = withoutOverlaps(options.prefixes);
    const dial: Dial = (onLost, signal) => this.#dial(onLost, signal);
    // Asked every beat and silent for nearly all of it.
    this.#own = new OwnConnection(connection, dial, [], BEAT_MS - GRACE_MS);
  }

  /** Nobody waits for it: until it hears, readers ask. */
  open(): void {
    this.#isOpen = true;
    this.#own.open().catch(() => undefined);
  }

  close(): void {
    this.#isOpen = false;
    this.#down(this.#up?.line);
    this.#own.close();
  }

  /** Before a read of these keys is sent; `undefined` where it would not hear of them. */
  begin(keys: readonly string[]): Standing | undefined {
    return this.#up && keys.every((key) => this.#isTracked(key)) ? this.#standings.begin(keys) : undefined;
  }

  /** Whether it hears the server that has answered so. */
  hears(epoch: string): boolean {
    const up = this.#up;
    if (up?.epoch === epoch) return true;
    // A failover has led readers to another server, or given this one another history.
    if (up && performance.now() - up.since > ASTRAY_MS) up.line.end();
    return false;
  }

  /** What this process has changed itself need not be told first. */
  changed(keys: Iterable<string>): void {
    for (const key of keys) this.#standings.end(key);
  }

  #isTracked(key: string): boolean {
    return this.#prefixes.some((prefix) => key.startsWith(prefix));
  }

  async #dial(onLost: () => void, signal: AbortSignal): Promise<Line> {
    const own: { line?: Line } = {};
    const lost = () => {
      this.#down(own.line);
      onLost();
    };
    try {
      const line = await this.connection.dial!(lost, signal);
      // What we end ourselves does not say that it was lost.
      own.line = { send: line.send, end: () => (line.end(), lost()) };
      signal.addEventListener('abort', own.line.end);
      const epoch = await this.#listen(line);
      signal.throwIfAborted();
      this.#hear(own.line, epoch);
      return own.line;
    } catch (error) {
      own.line?.end();
      this.#tell(error);
      throw error;
    }
  }

  /** RESP2 has no pushes: the server hands them on to a connection that subscribes, which may be the same one. */
  async #listen(line: Line): Promise<string> {
    const { subscribe } = line;
    if (!subscribe) throw new Error('its client cannot be duplicated');
    const [id, info] = await answers(line, [command('client', 'id'), command('info', 'replication')]);
    const [, epoch] = /master_replid:(\w+)/.exec(String(info)) ?? [];
    if (epoch === undefined) throw new Error('INFO replication names no master_replid');
    const prefixes = this.#prefixes.flatMap((prefix) => ['prefix', prefix]);
    await answers(line, [command('client', 'tracking', 'on', 'redirect', String(id), 'bcast', ...prefixes)]);
    await subscribe(CHANNEL, (message) => this.#heard(message));
    return epoch;
  }

  #hear(line: Line, epoch: string): void {
    this.#isTold = false;
    const beat = setInterval(() => {
      this.#standings.forget();
      this.#own.send([PING]).catch(() => undefined);
    }, BEAT_MS).unref();
    this.#up = { line, epoch, since: performance.now(), beat };
  }

  /** The names of keys; of a database that was flushed, or of what nobody of ours says, nothing. */
  #heard(message: unknown): void {
    if (!Array.isArray(message)) return this.#standings.endAll();
    this.changed(message.map(String));
  }

  #down(line: Line | undefined): void {
    if (!this.#up || this.#up.line !== line) return;
    clearInterval(this.#up.beat);
    this.#up = undefined;
    this.#standings.endAll();
  }

  #tell(error: unknown): void {
    if (this.#isTold || !this.#isOpen) return;
    this.#isTold = true;
    const { name } = this.connection;
    const cause = safeError(error, withoutQuoted);
    this.options.failed(
      new StoreError(
        `redis (${name}) cannot tell which keys change: ${cause.message.replace(/\.$/, '')}. Until it can, it is asked at every read, as without ` +
          'nearCache.tracking. QsCache needs a user who may run CLIENT ID, CLIENT TRACKING, INFO, PING and SUBSCRIBE to ' +
          `${CHANNEL}, and no proxy on the way.`,
        failureOf(cause),
        { cause },
      ),
    );
  }
}

/** What `OwnConnection` gives a busy process is within a beat. */
const GRACE_MS = 50;

function command(name: string, ...args: readonly string[]): RedisCommand {
  return { name, args, key: undefined };
}

const PING = command('ping');

async function answers(line: Line, commands: readonly RedisCommand[]): Promise<unknown[]> {
  const replies = await line.send(commands);
  const failure = replies.find((reply) => reply instanceof Error);
  if (failure) throw failure;
  return replies;
}

/** A server takes no prefix that begins with another one; one of nothing stands for all keys. */
function withoutOverlaps(prefixes: readonly string[]): readonly string[] {
  const isBelow = (one: string, other: string) => one !== other && one.startsWith(other);
  return [...new Set(prefixes)].filter((one) => !prefixes.some((other) => isBelow(one, other)));
}
