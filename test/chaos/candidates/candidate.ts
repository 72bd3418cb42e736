import type { INestApplicationContext } from '@nestjs/common';
import type { EventRecord, RedisAddress } from '../messages.js';

/** What is shown of a row; a cache of JSON has no more than that. */
export interface ItemShown {
  readonly id: number;
  readonly version: number;
}

/** A cache in an application of its own, used as its documentation says. */
export interface Candidate {
  readonly app: INestApplicationContext;
  get(id: number): Promise<ItemShown | null>;
  list(shelf: number): Promise<readonly ItemShown[]>;
  /** After a row was written: what its users must do by themselves. */
  forget(id: number): Promise<void>;
  /** Lets go of clients that `app.close()` leaves open, as their users have to. */
  disconnect(): void;
}

export interface CandidateParts {
  readonly databaseUrl: string;
  readonly namespace: string;
  readonly redis: RedisAddress;
  readonly tell: (event: EventRecord) => void;
}
