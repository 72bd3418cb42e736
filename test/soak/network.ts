import { type ChildProcess, fork } from 'node:child_process';
import type { Part } from './modes.js';
import { type Outage, outages } from './outage.js';
import type { Random } from './random.js';

/** What a way does to each connection that takes it. */
export interface Way {
  readonly delayMs?: number;
  readonly bytesPerMs?: number;
}

const ways: Readonly<Record<NonNullable<Part['plight']>, Way>> = {
  distant: { delayMs: 150 },
  reset: {},
  stranded: {},
  // 10 MB a second: so that a burst, or the fill of a large entry, stands in the way of what is sent after it over its connection.
  bursting: { bytesPerMs: 10_000 },
};

export type ToNetwork = { readonly way: number } & (
  | { readonly like: Way }
  | { readonly resets: true }
  | { readonly outage: Outage }
  | { readonly heals: 'with a reset' | 'as it is' }
);

export interface FromNetwork {
  readonly way: number;
  readonly port: number;
}

export interface Stranding {
  readonly outage: Outage;
  /** Whom it meets. */
  readonly workers: readonly number[];
  readonly heal: () => void;
}

/** The ways from the processes to Redis, where they are not to be the shortest ones. */
export class Network {
  #process: ChildProcess | undefined;
  #ways = 0;
  readonly #breakable: number[] = [];
  /** The ways that an outage may meet, with the process that takes each. */
  readonly #strandable = new Map<number, number>();

  constructor(private readonly redisUrl: string) {}

  /** Redis as this part is to reach it. */
  async urlFor({ plight }: Part, worker: number): Promise<string> {
    if (!plight) return this.redisUrl;
    const way = ++this.#ways;
    const url = new URL(this.redisUrl);
    this.#process ??= this.#start(url);
    const opened = this.#opened(way);
    this.#tell({ way, like: ways[plight] });
    url.hostname = '127.0.0.1';
    url.port = String(await opened);
    if (plight === 'reset') this.#breakable.push(way);
    if (plight === 'stranded') this.#strandable.set(way, worker);
    return url.href;
  }

  /** Resets the connections of one process or of all. */
  reset(random: Random): void {
    if (!this.#breakable.length) return;
    for (const way of oneOrAll(this.#breakable, random)) this.#tell({ way, resets: true });
  }

  /** Whether there is anybody whom an outage would meet. */
  get isStrandable(): boolean {
    return this.#strandable.size > 0;
  }

  /** An outage for one process or for all, until the result's `heal` is called. */
  strand(random: Random): Stranding {
    const ways = oneOrAll([...this.#strandable.keys()], random);
    const outage = random.pick(outages);
    // Routers forget connections whose packets were lost, or they do not.
    const heals = outage === 'black hole' && random.chance(0.5) ? 'with a reset' : 'as it is';
    for (const way of ways) this.#tell({ way, outage });
    const heal = () => {
      for (const way of ways) this.#tell({ way, heals });
    };
    return { outage, workers: ways.map((way) => this.#strandable.get(way)!), heal };
  }

  close(): void {
    this.#process?.kill('SIGKILL');
  }

  #start({ hostname, port }: URL): ChildProcess {
    return fork(new URL('network-process.js', import.meta.url), [hostname, port || '6379']);
  }

  #opened(way: number): Promise<number> {
    return new Promise((resolve) => {
      const listen = (message: FromNetwork) => {
        if (message.way !== way) return;
        this.#process!.off('message', listen);
        resolve(message.port);
      };
      this.#process!.on('message', listen);
    });
  }

  #tell(message: ToNetwork): void {
    this.#process!.send(message);
  }
}

function oneOrAll<T>(of: readonly T[], random: Random): readonly T[] {
  return random.chance(0.5) ? of : [random.pick(of)];
}
