import { StoreError } from '../errors.js';

/** In how many pieces a budget is spent. */
const PIECES = 4;

/**
 * Runs one conversation with a store and answers in time: a caller never waits longer than the budget, whatever the client's own
 * settings, and every failure comes out as a `StoreError`. The work itself cannot be called off, so it may still take effect.
 *
 * The budget is spent piece by piece, so that a process that was busy for all of it has spent one: what it was too busy to send or
 * to hear is not the store's fault.
 *
 * @param reason what has gone wrong so far, for the message of a budget that was spent
 */
export async function withinBudget<T>(
  store: string,
  what: string,
  budgetMs: number,
  work: () => Promise<T>,
  reason: () => unknown = () => undefined,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const giveUp = () => {
      const cause = reason();
      const because = cause === undefined ? '' : ` (${messageOf(cause)})`;
      reject(new StoreError(`${store} did not ${what} within ${budgetMs} ms${because}. ${CONSEQUENCE}`, { cause }));
    };
    const spend = (left: number): void => {
      // An answer may have arrived while this process was busy: sockets are read before immediates run, and after timers do.
      const next = () => (left > 1 ? spend(left - 1) : setImmediate(giveUp));
      timer = setTimeout(next, budgetMs / PIECES);
    };
    spend(PIECES);
  });
  try {
    return await Promise.race([work(), late]);
  } catch (error) {
    if (error instanceof StoreError) throw error;
    throw new StoreError(`${store} could not ${what}: ${messageOf(error)}. ${CONSEQUENCE}`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

const messageOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).replace(/\.$/, '');

const CONSEQUENCE = 'Until it does, reads go to the database. Check the store and the way to it.';
