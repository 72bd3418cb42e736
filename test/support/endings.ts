import { afterAll, vi } from 'vitest';
import { dropDatabases } from './own-databases.js';

// Specs of one worker share what they import, so each leaves it as it found it. The hooks of a set-up file are the first of the spec's
// own suite, so they run after all others: its DataSources are closed by then.
afterAll(async () => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  await dropDatabases();
});
