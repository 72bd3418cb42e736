import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** What puts a module in the place of another one: where that was imported before, it would come too late. */
const replacing = 'guarded-store';

/** Specs that leave their process as they found it: what they import, which takes longer than many of them, they share. */
const sharing = 'test/integration/{codec,load,manager,naming,query}/**/*.spec.ts';

export default defineConfig({
  resolve: {
    // The longer name first: the shorter one is the beginning of it.
    alias: {
      'nestjs-qscache/testing': fileURLToPath(new URL('lib/testing/index.ts', import.meta.url)),
      'nestjs-qscache': fileURLToPath(new URL('lib/index.ts', import.meta.url)),
    },
  },
  test: {
    // In the order of their names, which has the explorer begin first: it takes the longest.
    projects: [
      { extends: true, test: { name: 'explorer', include: ['test/protocol/**/*.spec.ts'] } },
      {
        extends: true,
        test: {
          name: 'real parts',
          include: ['test/**/*.spec.ts', 'test/**/*.e2e-spec.ts'],
          exclude: [`test/unit/**/!(${replacing}).spec.ts`, 'test/protocol/**', sharing],
        },
      },
      { extends: true, test: { name: 'real parts that share what they import', include: [sharing], isolate: false } },
      // One module cache for them all: each is over sooner than what it imports is loaded.
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/unit/**/*.spec.ts'],
          exclude: [`test/unit/**/${replacing}.spec.ts`],
          isolate: false,
        },
      },
    ],
    setupFiles: ['test/support/properties.ts', 'test/support/endings.ts'],
    // One after the other, so that databases are dropped after what is connected to them is closed.
    sequence: { setupFiles: 'list' },
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Much of the time is spent waiting for servers, so three at once pay off on two cores as well.
    // The explorer makes much that lives for a moment: room for it saves a fifth of its time.
    execArgv: ['--max-semi-space-size=64'],
    maxWorkers: Math.max(3, availableParallelism() - 1),
  },
});
