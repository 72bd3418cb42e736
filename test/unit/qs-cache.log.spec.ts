import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { InvalidConfigurationError, StoreError } from '../../lib/errors.js';
import { CacheEvents } from '../../lib/events/cache-events.js';
import { logEvents } from '../../lib/qs-cache.log.js';

describe('The log', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
  });

  function listen() {
    const lines: string[] = [];
    const events = new CacheEvents();
    logEvents(events, { warn: (line: string) => lines.push(line), log: (line: string) => lines.push(line) });
    return { events, lines };
  }

  it('has one line for 300 of a kind, whatever their keys, and says in the next how many there were', () => {
    const { events, lines } = listen();
    for (let id = 0; id < 300; id++) events.emit({ name: 'entry:mismatched', key: `example_${id}` });
    expect(lines).toEqual([expect.stringContaining('"example_0"')]);
    vi.setSystemTime(Date.now() + 31_000);
    events.emit({ name: 'entry:mismatched', key: 'example_300' });
    expect(lines.slice(1)).toEqual([expect.stringMatching(/"example_300".* And 299 more like it in the last 31 s\.$/)]);
    vi.setSystemTime(Date.now() + 31_000);
    events.emit({ name: 'entry:mismatched', key: 'example_301' });
    expect(lines[2]).not.toContain('more like it');
  });

  it('counts every kind on its own, by what is to be done about it', () => {
    const { events, lines } = listen();
    for (const key of ['one', 'two']) {
      events.emit({ name: 'entry:skipped', key, reason: 'volatile', detail: 'now()' });
      events.emit({ name: 'entry:skipped', key, reason: 'unsupported', detail: 'a class.' });
      events.emit({ name: 'entry:skipped', key, reason: 'busy' });
      events.emit({ name: 'entry:corrupt', key, error: new Error() });
      events.emit({ name: 'entry:hit', key });
      events.emit({ name: 'entry:hit', key, stale: 'expired' });
      events.emit({ name: 'entry:hit', key, stale: 'error' });
      events.emit({ name: 'load:failed', key, error: new Error() });
      events.emit({ name: 'entry:missed', key, reason: 'unwatched' });
      events.emit({ name: 'entry:missed', key, reason: 'absent' });
      events.emit({ name: 'write:unplaced', sql: `CALL ${key}()` });
      events.emit({ name: 'write:ambiguous', tables: [key] });
      for (const operation of ['read', 'advance'])
        events.emit({ name: 'store:failed', operation, error: new Error(key) });
      for (const handler of ['A.a', 'B.b']) events.emit({ name: 'clear:failed', handler, error: new Error(key) });
    }
    expect(lines).toHaveLength(12);
  });

  it('tells of what else a handler could not clear, though it has just told of something', () => {
    const { events, lines } = listen();
    const errors = [
      new RangeError('no request'),
      new InvalidConfigurationError('QSCACHE_UNKNOWN_KEY', 'No manager has the key'),
    ];
    for (const error of [...errors, ...errors]) events.emit({ name: 'clear:failed', handler: 'A.a', error });
    expect(lines).toEqual([expect.stringMatching(/RangeError/), expect.stringMatching(/No manager has the key/)]);
  });

  it('tells once why a store is not asked, what is owed to it, and that it is back', () => {
    const { events, lines } = listen();
    const error = new StoreError('redis did not read within 250 ms.', 'late');
    events.emit({ name: 'circuit:opened', operation: 'read', error });
    for (const operation of ['read', 'touch', 'put', 'lease']) events.emit({ name: 'store:failed', operation, error });
    events.emit({ name: 'store:failed', operation: 'hold', error });
    events.emit({ name: 'circuit:opened', operation: 'advance', error });
    events.emit({ name: 'store:failed', operation: 'advance', error });
    events.emit({ name: 'debt:made', tables: ['shop.public.order'] });
    events.emit({ name: 'circuit:closed', operation: 'read', openMs: 4_000 });
    events.emit({ name: 'store:failed', operation: 'read', error });
    expect(lines).toEqual([
      expect.stringMatching(/not asked to read until it is back: redis did not read within 250 ms\./),
      expect.stringMatching(/failed to hold/),
      expect.stringMatching(/not asked to advance/),
      expect.stringMatching(/has not heard of a write to shop\.public\.order/),
      'The store is back, and asked to read again after 4000 ms.',
      expect.stringMatching(/failed to read/),
    ]);
  });

  it('gives nothing from outside a line of its own', () => {
    const { events, lines } = listen();
    const forged = 'x\n[Nest] 1 LOG all is well\r\u2028\u0085\u001b[2K\u202e';
    events.emit({ name: 'entry:mismatched', key: forged });
    events.emit({ name: 'entry:hit', key: forged, stale: 'error' });
    events.emit({ name: 'load:failed', key: forged, error: forged });
    events.emit({ name: 'entry:skipped', key: forged, reason: 'volatile', detail: forged });
    events.emit({ name: 'entry:corrupt', key: forged, error: forged });
    events.emit({ name: 'write:ambiguous', tables: [forged] });
    events.emit({ name: 'write:unplaced', sql: forged });
    events.emit({ name: 'store:failed', operation: forged, error: new Error(forged) });
    events.emit({ name: 'clear:failed', handler: forged, error: new Error(forged) });
    expect(lines).toHaveLength(9);
    for (const line of lines) {
      expect(line).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
      expect(line).toMatch(/x\\n\[Nest\]/);
    }
  });

  it('ends its sentences, whoever wrote them', () => {
    const { events, lines } = listen();
    events.emit({ name: 'store:failed', operation: 'watch', error: undefined });
    expect(lines[0]).toMatch(/^The store failed to watch: .* undefined\. Reads are answered by the database\.$/);
  });
});
