import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Exploration, explore } from './explore.js';
import { broken, unbroken } from './broken.js';
import { brokenJournals } from './broken-journals.js';
import { journalBounds, journals } from './journal-scenarios.js';
import type { Scenario } from './scenario.js';
import { bounds, isLong, MOST_EXECUTIONS, promised } from './scenarios.js';
import { tablesOfOne } from './tables.js';
import { ProtocolWorld } from './world.js';

vi.mock('node:timers/promises', async () => (await import('./scripted-time.js')).timersPromises);

const TIMEOUT = isLong ? 1_800_000 : 300_000;

describe('the protocol, in every order its steps can happen', () => {
  const happened = new Set<string>();
  const report: string[] = [];

  beforeAll(() => {
    vi.useFakeTimers({ toFake: ['Date'] });
    // Nobody reads where a scripted failure came from, and finding out takes a fifth of the time.
    Error.stackTraceLimit = 0;
    // Pauses are of no length, only of an order: chance would make the same choices lead elsewhere.
    vi.spyOn(Math, 'random').mockReturnValue(0.5);
  });
  afterAll(() => {
    vi.restoreAllMocks();
    vi.useRealTimers();
    vi.restoreAllMocks();
    console.log(report.join('\n'));
  });

  async function run(name: string, scenario: Scenario): Promise<Exploration> {
    const found = await explore(() => new ProtocolWorld(scenario, happened), MOST_EXECUTIONS);
    const { states, executions, complete, counterexample } = found;
    const outcome = counterexample
      ? `${counterexample.violation}: ${counterexample.trail.join(', ')}`
      : complete
        ? 'all of them'
        : 'up to the bound';
    report.push(`${name}: ${states} states, ${executions} executions; ${outcome}`);
    return found;
  }

  describe('returns nothing older than an acknowledged write, and is in nobody’s way, with', () => {
    it.each(Object.entries({ ...promised, ...journals }))('%s', { timeout: TIMEOUT }, async (name, scenario) => {
      const { counterexample, complete } = await run(name, scenario);
      expect(counterexample).toBeUndefined();
      expect(complete || isLong).toBe(true);
    });

    it('nothing of what a reader may meet left out', () => {
      const reasons = ['absent', 'stale', 'held', 'store', 'epoch'].map((reason) => `entry:missed ${reason}`);
      const expected = [
        'entry:hit',
        'entry:hit expired',
        'entry:filled',
        'entry:skipped overtaken',
        'load:joined',
        'load:awaited',
        'write:ambiguous',
        'judged by journals',
        'looked at a row',
        'read near',
        'vouched for',
        'vouched for by what was told',
        'shown before it was told',
        ...reasons,
      ];
      expect([...happened]).toEqual(expect.arrayContaining(expected));
    });
  });

  describe('is found stale with', () => {
    it.each(Object.entries({ ...broken, ...brokenJournals }))(
      '%s',
      { timeout: TIMEOUT },
      async (name, { breaking, finds, ...scenario }) => {
        const mend = breaking?.();
        try {
          const { counterexample } = await run(name, scenario);
          expect(counterexample?.violation).toMatch(finds ?? /^STALE/);
        } finally {
          mend?.();
        }
      },
    );
  });

  it('is not found stale with nothing broken at the same seam', async () => {
    const { counterexample } = await run('nothing broken', unbroken);
    expect(counterexample).toBeUndefined();
  });

  describe('is bounded by', () => {
    it.each(Object.entries({ ...bounds, ...journalBounds }))('%s', { timeout: TIMEOUT }, async (name, scenario) => {
      const { counterexample } = await run(name, scenario);
      expect(counterexample?.violation).toMatch(/^STALE/);
    });
  });

  it.each<[string, Scenario]>([
    ['a write', { readers: [{ query: 'detail' }, { query: 'detail' }], writers: ['update'] }],
    ['a writer that crashes', { readers: [{ query: 'detail' }], writers: ['update'], crashes: 1, time: true }],
    ['a lookup by another key', { readers: [{ query: 'slug' }, { query: 'slug' }], writers: ['update'] }],
    [
      'what a process keeps',
      {
        near: 'shared',
        readers: [{ query: 'detail' }, { query: 'detail', process: 'q' }],
        evictions: { of: ['entry'], times: 1 },
      },
    ],
    ['what nobody has told of', { near: 'tracked', readers: [{ query: 'detail' }, { query: 'detail' }], clears: 1 }],
    [
      'what journals say',
      {
        journal: { writeBackAfter: 1 },
        readers: [{ query: 'active' }, { query: 'active' }],
        writers: ['hide', 'retitle'],
        broken: { holdMs: 0 },
      },
    ],
    [
      'what rows say that are looked at',
      {
        journal: {},
        tables: tablesOfOne,
        readers: [{ query: 'mine' }],
        writers: ['activate', 'giveAndRetitle'],
      },
    ],
    ['a clear', { readers: [{ query: 'slug' }, { query: 'slug' }], clears: 1 }],
  ])(
    'leaves nothing out by taking moments with the same fingerprint for one: %s',
    { timeout: TIMEOUT },
    async (_name, scenario) => {
      const known = new Set<string>();
      await explore(() => new Remembering(scenario, known), Infinity);
      const reached = new Set<string>();
      const { executions } = await explore(() => new Unmerged(scenario, reached), Infinity);
      expect(executions).toBeGreaterThan(known.size * 3);
      expect([...reached].filter((fingerprint) => !known.has(fingerprint))).toEqual([]);
    },
  );
});

class Remembering extends ProtocolWorld {
  constructor(
    scenario: Scenario,
    protected readonly fingerprints: Set<string>,
  ) {
    super(scenario, new Set());
  }

  override fingerprint(): string {
    const fingerprint = super.fingerprint();
    this.fingerprints.add(fingerprint);
    return fingerprint;
  }
}

/** No two of its moments are the same. */
class Unmerged extends Remembering {
  static #moments = 0;

  override fingerprint(): string {
    super.fingerprint();
    return String(Unmerged.#moments++);
  }
}
