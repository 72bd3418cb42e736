import type { Counts, FromWorker, ReadRecord } from './messages.js';

/** Reads told of at once: a few, because those of a killed process are lost. */
const BATCH = 20;

/** What a worker has read and not yet told. */
export class ReadLog {
  #reads: ReadRecord[] = [];

  constructor(
    private readonly worker: number,
    private readonly counts: Counts,
    private readonly send: (message: FromWorker) => void,
  ) {}

  add(read: Omit<ReadRecord, 'worker'>): void {
    this.#reads.push({ worker: this.worker, ...read });
    if (this.#reads.length >= BATCH) this.tell();
  }

  tell(): void {
    this.send({ kind: 'reads', reads: this.#reads, counts: { ...this.counts } });
    Object.assign(this.counts, { hits: 0, near: 0, unasked: 0, misses: 0, joined: 0, storeFailures: 0 });
    this.#reads = [];
  }
}
