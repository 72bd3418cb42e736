import { setTimeout as sleep } from 'node:timers/promises';

/** How often a client is asked, in milliseconds: it is the application's, so nobody listens to it. */
const PAUSE_MS = 5;

/**
 * Waits for a client that is coming up, and leaves no command in its queue meanwhile.
 *
 * @throws when it is gone, or not there in time
 */
export async function untilReady(
  state: () => 'ready' | 'coming' | 'gone',
  patienceMs: number,
  name: () => string,
): Promise<void> {
  const began = performance.now();
  for (let now = state(); now !== 'ready'; now = state()) {
    if (now === 'gone') throw new Error(`the connection is down (${name()})`);
    if (performance.now() - began > patienceMs) throw new Error(`the connection is not up yet (${name()})`);
    await sleep(PAUSE_MS, undefined, { ref: false });
  }
}
