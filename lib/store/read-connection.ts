import { OwnConnection, SILENT_MS } from './own-connection.js';
import {
  CONNECT_TIMEOUT_MS,
  type Dial,
  type Line,
  type RedisCommand,
  type RedisConnection,
} from './redis-connection.js';
import { untilReady } from './until-ready.js';

/**
 * An own connection as readers want it: they wait for one that has never been there, and hear at once of one that was lost, since
 * the database answers them sooner than a server that may be back.
 */
export class ReadConnection implements RedisConnection {
  readonly name: string;
  readonly isCluster: boolean;
  readonly #own: OwnConnection;
  #line: Line | undefined;
  #wasUp = false;
  /** From its first dial on it dials again by itself, with pauses. */
  #isSought = false;
  /** Changes when it is closed: nobody waits for it beyond that. */
  #run = 0;

  constructor(connection: RedisConnection, dial: Dial, greeting: readonly RedisCommand[], budgetMs: number) {
    this.name = connection.name;
    this.isCluster = connection.isCluster;
    const watched: Dial = (onLost, signal) => this.#watched(dial, onLost, signal);
    // Not before those who asked have gone on: a long entry may take its time.
    this.#own = new OwnConnection(connection, watched, greeting, Math.max(SILENT_MS, 2 * budgetMs));
  }

  open(): Promise<void> {
    return this.#own.open();
  }

  close(): void {
    this.#run++;
    this.#wasUp = false;
    this.#isSought = false;
    this.#own.close();
  }

  send(commands: readonly RedisCommand[], patienceMs = CONNECT_TIMEOUT_MS): Promise<unknown[]> {
    return this.#line ? this.#own.send(commands) : this.#sendLater(commands, patienceMs);
  }

  async #sendLater(commands: readonly RedisCommand[], patienceMs: number): Promise<unknown[]> {
    if (this.#wasUp) throw new Error('the connection is down (reconnecting)');
    await this.#firstTime(patienceMs);
    return this.#own.send(commands);
  }

  async #firstTime(patienceMs: number): Promise<void> {
    const run = this.#run;
    if (!this.#isSought) this.#own.open().catch(() => undefined);
    const state = () => (this.#line ? 'ready' : this.#run === run ? 'coming' : 'gone');
    await untilReady(state, patienceMs, () => (this.#run === run ? 'connecting' : 'closed'));
  }

  async #watched(dial: Dial, onLost: () => void, signal: AbortSignal): Promise<Line> {
    this.#isSought = true;
    const own: { line?: Line } = {};
    const down = () => {
      if (this.#line === own.line) this.#line = undefined;
    };
    const { send, end } = await dial(() => (down(), onLost()), signal);
    own.line = { send, end: () => (down(), end()) };
    this.#line = own.line;
    this.#wasUp = true;
    return own.line;
  }
}
