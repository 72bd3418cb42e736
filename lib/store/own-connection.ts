import { setTimeout as sleep } from 'node:timers/promises';
import { dialInTime, type Dialling } from './dial-in-time.js';
import { isAnswer } from './failure.js';
import { type Dial, type Line, reconnectPauseMs, type RedisCommand, type RedisConnection } from './redis-connection.js';

/** A dial that failed so short a time ago, in milliseconds, speaks for the next one too. */
const FRESH_MS = 5;

/** A line that has answered nothing for so long, in milliseconds, while it was asked, is dead: routers forget idle lines silently. */
export const SILENT_MS = 1_000;

/**
 * What this process was too busy to send or to hear looks like a dead line as well: the answer may take so long from then on, in
 * milliseconds.
 */
const GRACE_MS = 50;

/**
 * A connection beside the application's, so that what is sent over it queues behind nothing. It is opened by `open` or by the first
 * command, again whenever it was lost, and again by a straggler's command after `close`.
 */
export class OwnConnection implements RedisConnection {
  readonly name: string;
  readonly isCluster: boolean;
  #line: Dialling | undefined;
  /** The line, once it is there. */
  #up: Line | undefined;
  #redial: NodeJS.Timeout | undefined;
  #failures = 0;
  #failure: { readonly error: unknown; readonly at: number } | undefined;
  #unanswered = 0;
  #heardAt = 0;
  /** A key whose node could not be reached, and since when: not every client looks for another node by itself. */
  #unreached: { readonly key: string | undefined; readonly since: number } | undefined;

  constructor(
    { name, isCluster }: RedisConnection,
    private readonly reach: Dial,
    /** Sent over every new line, whatever comes of it. */
    private readonly greeting: readonly RedisCommand[],
    private readonly silentMs = SILENT_MS,
  ) {
    this.name = name;
    this.isCluster = isCluster;
  }

  async open(): Promise<void> {
    await this.#dialled();
  }

  close(): void {
    clearTimeout(this.#redial);
    const line = this.#line;
    this.#line = undefined;
    this.#up = undefined;
    line?.end();
  }

  send(commands: readonly RedisCommand[]): Promise<unknown[]> {
    if (!this.#up || this.#isSilent) return this.#sendLater(commands);
    return this.#sendOver(this.#up, commands);
  }

  async #sendLater(commands: readonly RedisCommand[]): Promise<unknown[]> {
    if (this.#isSilent) await grace();
    if (this.#isSilent) this.#lose(this.#line);
    return this.#sendOver(await this.#dialled(), commands);
  }

  #sendOver(line: Line, commands: readonly RedisCommand[]): Promise<unknown[]> {
    const dialled = this.#line;
    if (this.#unanswered++ === 0) this.#heardAt = Date.now();
    const heard = () => {
      this.#unanswered--;
      this.#heardAt = Date.now();
    };
    return line.send(commands).then(
      (replies) => {
        heard();
        if (this.isCluster || replies.some(isError)) this.#judge(dialled, commands, replies);
        return replies;
      },
      (error: unknown) => {
        heard();
        throw error;
      },
    );
  }

  #judge(dialled: Dialling | undefined, commands: readonly RedisCommand[], replies: readonly unknown[]): void {
    // A primary that became a replica: its name may lead to another server by now.
    if (replies.some((reply) => isError(reply) && reply.message.startsWith('READONLY'))) this.#lose(this.#line);
    else if (this.isCluster && dialled === this.#line && this.#isNodeGone(commands, replies)) this.#lose(dialled);
  }

  get #isSilent(): boolean {
    return this.#unanswered > 0 && Date.now() - this.#heardAt > this.silentMs;
  }

  /** For so long that another node may have its slots by now: who dials anew is told which. */
  #isNodeGone(commands: readonly RedisCommand[], replies: readonly unknown[]): boolean {
    const reached = (i: number) => !(replies[i] instanceof Error) || isAnswer(replies[i]);
    if (commands.some(({ key }, i) => key === this.#unreached?.key && reached(i))) this.#unreached = undefined;
    const at = commands.findIndex((_, i) => !reached(i));
    if (at < 0) return false;
    this.#unreached ??= { key: commands[at]!.key, since: Date.now() };
    return Date.now() - this.#unreached.since > this.silentMs;
  }

  async #dialled(): Promise<Line> {
    if (!this.#line && this.#failure && Date.now() - this.#failure.at < FRESH_MS) throw this.#failure.error;
    return (this.#line ??= this.#dial()).line;
  }

  #dial(): Dialling {
    clearTimeout(this.#redial);
    const dialled: Dialling = dialInTime(this.reach, () => this.#lose(dialled));
    dialled.line.then(
      (line) => {
        this.#failures = 0;
        this.#failure = undefined;
        if (this.#line === dialled) this.#up = line;
        line.send(this.greeting).catch(() => undefined);
      },
      (error: unknown) => {
        this.#failure = { error, at: Date.now() };
        this.#lose(dialled);
      },
    );
    return dialled;
  }

  #lose(line: Dialling | undefined): void {
    if (line === undefined || this.#line !== line) return;
    this.#line = undefined;
    this.#up = undefined;
    this.#unreached = undefined;
    line.end();
    // The next command should find it open again.
    this.#redial = setTimeout(() => void this.#dialled().catch(() => undefined), reconnectPauseMs(this.#failures++));
    this.#redial.unref();
  }
}

const isError = (reply: unknown): reply is Error => reply instanceof Error;

/** Timers fire before sockets are read, immediates after. */
async function grace(): Promise<void> {
  await sleep(GRACE_MS, undefined, { ref: false });
  await new Promise((resolve) => setImmediate(resolve));
}
