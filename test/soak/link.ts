import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { now } from './now.js';
import { type Outage, OUTAGE_LATENCY_MS } from './outage.js';
import type { Way } from './network.js';

/** One connection that takes a way: what a process sends, and what Redis answers. */
export class Link {
  #underWay = 0;
  /** Settles when all that was sent so far has arrived. */
  #arrived = Promise.resolve();

  constructor(
    private readonly client: Socket,
    private readonly upstream: Socket,
    private readonly way: Way,
    private outage: Outage | undefined,
    closed: (link: Link) => void,
  ) {
    for (const socket of [client, upstream]) socket.on('error', () => undefined);
    client.on('data', (data) => this.#send(data));
    upstream.on('data', (data) => this.#answer(data));
    // Who has gone is not waited for, but what he has sent arrives all the same: that is what comes late.
    client.on('close', () => void this.#arrived.then(() => upstream.end()));
    upstream.on('close', () => {
      client.destroy();
      closed(this);
    });
    if (outage) this.suffer(outage);
  }

  suffer(outage: Outage): void {
    this.outage = outage;
    if (outage === 'refused') this.reset();
    if (outage === 'black hole') for (const socket of [this.client, this.upstream]) socket.pause();
  }

  heal(): void {
    this.outage = undefined;
    for (const socket of [this.client, this.upstream]) socket.resume();
  }

  reset(): void {
    for (const socket of [this.client, this.upstream]) socket.resetAndDestroy();
  }

  /** What is sent and not yet heard is what makes reads stale: only the way there is long or narrow. */
  #send(data: Buffer): void {
    const { delayMs = 0, bytesPerMs } = this.way;
    const delay = this.outage === 'latency' ? OUTAGE_LATENCY_MS : delayMs;
    if (delay || this.#underWay) void this.#sendLate(data, now() + delay);
    else this.upstream.write(data);
    if (!bytesPerMs) return;
    this.client.pause();
    setTimeout(() => this.client.resume(), data.length / bytesPerMs);
  }

  /** Never before what was sent before it, however long the way was then. */
  async #sendLate(data: Buffer, at: number): Promise<void> {
    this.#underWay++;
    this.#arrived = this.#arrived.then(async () => {
      const left = at - now();
      if (left > 0) await sleep(left);
      if (this.upstream.writable) this.upstream.write(data);
      this.#underWay--;
    });
    await this.#arrived;
  }

  #answer(data: Buffer): void {
    if (this.outage !== 'cut') return void this.client.write(data);
    this.client.write(data.subarray(0, Math.ceil(data.length / 2)), () => this.reset());
  }
}
