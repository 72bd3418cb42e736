import { StoreError, type StoreFailure } from '../errors.js';

/** How every answer of a server that says no begins; what a client says of its connection does not. */
const ANSWER = /^[A-Z]{3,} /;

/** What a server answers that will take the same command soon: it starts, fails over, moves slots or runs somebody's long script. */
const SOON = /^(LOADING|MASTERDOWN|TRYAGAIN|CLUSTERDOWN|READONLY|BUSY) /;

/** What it answers whatever it is asked; anything else is about this command, or what stands under its keys. */
const WHATEVER = /^(OOM|MISCONF|NOREPLICAS|NOAUTH|NOPERM|WRONGPASS) /;

/** Whether it said so, and is neither gone nor silent. */
export const isAnswer = ({ message }: Error): boolean => ANSWER.test(message);

export const isPassing = ({ message }: Error): boolean => SOON.test(message);

/** Whether the store is there, and will not do this one thing. */
export const isRefused = (error: unknown): boolean => error instanceof StoreError && error.reason === 'refused';

/** What kind of failure an error of Redis or of a client is. */
export function failureOf(error: Error): StoreFailure {
  if (!isAnswer(error)) return 'unreachable';
  // While a slot moves, only who asks about several of its keys is told to come again.
  if (error.message.startsWith('TRYAGAIN')) return 'refused';
  return isPassing(error) || WHATEVER.test(error.message) ? 'unable' : 'refused';
}
