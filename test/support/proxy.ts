import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** A way to a server that can be long, blocked (nothing passes, nothing is refused), reset, refused or cut in the middle of a reply. */
export class Proxy {
  /** Of one direction. */
  latencyMs = 0;
  readonly #sockets = new Set<Socket>();
  readonly #lanes = new Set<Lane>();
  #server: Server | undefined;
  #blocked = false;
  #holding = false;
  #repliesLeft: number | undefined;

  private constructor(
    readonly port: number,
    private readonly target: number,
    private readonly host: string,
  ) {}

  static async to(target: number, host = '127.0.0.1'): Promise<Proxy> {
    const proxy = new Proxy(await freePort(), target, host);
    await proxy.open();
    return proxy;
  }

  /** Pieces that are under way. */
  get late(): number {
    return [...this.#lanes].reduce((sum, lane) => sum + lane.late, 0);
  }

  async open(): Promise<void> {
    this.#blocked = false;
    this.#server = createServer((inbound) => this.#pass(inbound)).listen(this.port, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  block(): void {
    this.#blocked = true;
  }

  /** Lets pass what comes from now on; what came meanwhile is lost. */
  unblock(): void {
    this.#blocked = false;
  }

  /** Nothing passes until `heal`, and then what came meanwhile does: TCP sends again what nobody has acknowledged. */
  blackHole(): void {
    this.#holding = true;
  }

  /** Every connection passes on so many more pieces of replies, then half of the next one, and is reset. */
  cutReplies(after: number): void {
    this.#repliesLeft = after;
    for (const lane of this.#lanes) if (lane.isReply) lane.left = 0;
  }

  /** Ends every connection, and takes new ones. */
  reset(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  /** Ends every connection and refuses new ones. */
  async cut(): Promise<void> {
    this.#server?.close();
    for (const socket of this.#sockets) socket.destroy();
    if (this.#server?.listening) await once(this.#server, 'close');
  }

  /** As good as new. What is late arrives at once, in its order. */
  async heal(): Promise<void> {
    this.latencyMs = 0;
    this.#blocked = false;
    this.#holding = false;
    this.#repliesLeft = undefined;
    for (const lane of this.#lanes) {
      lane.left = undefined;
      lane.flush();
    }
    if (!this.#server?.listening) await this.open();
  }

  #pass(inbound: Socket): void {
    const outbound = connect(this.target, this.host);
    for (const [from, to] of [
      [inbound, outbound],
      [outbound, inbound],
    ] as const) {
      const lane = new Lane(to, from === outbound);
      lane.left = this.#repliesLeft;
      this.#lanes.add(lane);
      this.#sockets.add(from);
      from.on('data', (chunk) => {
        if (this.#blocked) return;
        if (lane.cutsNow()) return breakOff(to, chunk);
        lane.take(chunk, this.#holding ? Infinity : this.latencyMs);
      });
      from.on('error', () => undefined);
      from.on('close', () => {
        this.#sockets.delete(from);
        this.#lanes.delete(lane);
        lane.drop();
        to.destroy();
      });
    }
  }
}

/** One direction of a connection. What is late holds up what comes after it: a stream has an order. */
class Lane {
  /** Pieces that pass before one is cut; `undefined` for all. */
  left: number | undefined;
  #waiting: { readonly chunk: Buffer; readonly due: number }[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly to: Socket,
    readonly isReply: boolean,
  ) {}

  get late(): number {
    return this.#waiting.length;
  }

  cutsNow(): boolean {
    return this.isReply && this.left !== undefined && this.left-- <= 0;
  }

  /** @param afterMs `Infinity` waits for `flush` */
  take(chunk: Buffer, afterMs: number): void {
    if (afterMs === 0 && this.#waiting.length === 0) {
      this.#write(chunk);
      return;
    }
    this.#waiting.push({ chunk, due: performance.now() + afterMs });
    if (this.#waiting.length === 1) this.#schedule();
  }

  flush(): void {
    const late = this.#waiting;
    this.drop();
    for (const { chunk } of late) this.#write(chunk);
  }

  drop(): void {
    clearTimeout(this.#timer);
    this.#waiting = [];
  }

  #schedule(): void {
    const next = this.#waiting[0];
    if (!next || next.due === Infinity) return;
    this.#timer = setTimeout(
      () => {
        this.#waiting.shift();
        this.#write(next.chunk);
        this.#schedule();
      },
      Math.max(next.due - performance.now(), 0),
    );
  }

  #write(chunk: Buffer): void {
    if (this.to.writable) this.to.write(chunk);
  }
}

/** Half of it arrives, and then the end. */
function breakOff(to: Socket, chunk: Buffer): void {
  to.write(chunk.subarray(0, Math.floor(chunk.length / 2)), () => to.resetAndDestroy());
}
