import { StoreError } from '../errors.js';
import { type CacheManager, disconnectStores } from '../peers/cache-manager.js';
import { giveUpUnready } from './keyv-tiers.js';

/** How long the clients of an application may take to let go, in milliseconds: it is about to end, and somebody waits for that. */
const PATIENCE_MS = 500;

/**
 * Lets go of everything CACHE_MANAGER has opened, and waits for it no longer than that is worth.
 *
 * @throws {StoreError} when something fails or is too slow
 */
export async function disconnect(cache: CacheManager): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const giveUp = () =>
      reject(
        new StoreError(
          `CACHE_MANAGER did not disconnect within ${PATIENCE_MS} ms, so the application closes without it, and its process may not ` +
            'end by itself. A command of the application still waits for an answer of the store: check the store and the way to it.',
          'late',
        ),
      );
    timer = setTimeout(giveUp, PATIENCE_MS);
  });
  try {
    await Promise.race([giveUpUnready(cache).then(() => disconnectStores(cache)), late]);
  } finally {
    clearTimeout(timer);
  }
}
