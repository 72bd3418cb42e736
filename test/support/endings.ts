import { afterAll, vi } from 'vitest';
import { dropDatabases } from './own-databases.js';

// What is read in the first seconds of a clock is judged by nobody, and most specs last no longer: those that are about it say `vi.unmock`.
vi.mock('../../lib/store/young-clocks.js', async (original) => ({ ...(await original<object>()), YOUNG_MS: 0 }));

// Specs of one worker share what they import, so each leaves it as it found it. The hooks of a set-up file are the first of the spec's
// own suite, so they run after all others: its DataSources are closed by then.
afterAll(async () => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  await dropDatabases();
});
