import { StoreError } from '../errors.js';

/**
 * Runs one conversation with a store and answers in time: a caller never waits longer than the budget, whatever the client's own
 * settings, and every failure comes out as a `StoreError`. The work itself cannot be called off, so it may still take effect.
 */
export async function withinBudget<T>(
  store: string,
  what: string,
  budgetMs: number,
  work: () => Promise<T>,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const giveUp = () => reject(new StoreError(`${store} did not ${what} within ${budgetMs} ms. ${CONSEQUENCE}`));
    // An answer may have arrived while this process was busy: sockets are read before immediates run, and after timers do.
    timer = setTimeout(() => setImmediate(giveUp), budgetMs);
  });
  try {
    return await Promise.race([work(), late]);
  } catch (error) {
    if (error instanceof StoreError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new StoreError(`${store} could not ${what}: ${reason.replace(/\.$/, '')}. ${CONSEQUENCE}`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

const CONSEQUENCE = 'Until it does, reads go to the database. Check the store and the way to it.';
