import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type CacheEvent, InvalidConfigurationError } from '../../../lib/index.js';
import { CacheEvents } from '../../../lib/events/cache-events.js';

it('publishes each event on a channel of its own, errors made safe to tell', () => {
  const events = new CacheEvents();
  const published: unknown[] = [];
  const subscriber = (event: unknown) => void published.push(event);
  subscribe('nestjs-qscache:store:failed', subscriber);
  onTestFinished(() => void unsubscribe('nestjs-qscache:store:failed', subscriber));
  events.emit({ name: 'entry:hit', key: 'key' });
  events.emit({ name: 'store:failed', operation: 'read', error: new Error('says "secret"') });
  expect(published).toEqual([expect.objectContaining({ name: 'store:failed', operation: 'read' })]);
  expect(String((published[0] as { error: Error }).error)).not.toContain('secret');
});

it.each(['on', 'watch'] as const)('tells everybody, whoever fails (%s)', (how) => {
  const events = new CacheEvents();
  const heard: string[] = [];
  events[how](() => {
    throw new Error('a logger that fails');
  });
  events.watch(({ name }) => heard.push(name));
  events.on(({ name }) => heard.push(name));
  events.emit({ name: 'entry:hit', key: 'key' });
  expect(heard).toEqual(['entry:hit', 'entry:hit']);
});

describe('A listener that could hear nothing is an error', () => {
  it.each<[string, unknown, RegExp]>([
    [
      'a name nearly of an event',
      'entry:hitt',
      /given "entry:hitt", which is no event, so .*Did you mean "entry:hit"\?/,
    ],
    ['one among right ones', ['entry:hit', 'entry:mised'], /"entry:mised".*Did you mean "entry:missed"\?/],
    ['a name like none', 'hello', /"hello".*There are: entry:hit, .*load:failed\./],
    ['what every object has', 'constructor', /"constructor"/],
    ['no text', undefined, /given undefined, which is no event/],
  ])('%s', (_, name, message) => {
    const adding = () => new CacheEvents().on(name as 'entry:hit', () => undefined);
    expect(adding).toThrow(InvalidConfigurationError);
    expect(adding).toThrow(message);
  });

  it.each([['entry:hit'], ['entry:hit', undefined]])('no function: %s', (...given) => {
    const events = new CacheEvents() as unknown as { on(...given: unknown[]): void };
    expect(() => events.on(...given)).toThrow(/for a listener, so nobody .*Give a function/);
  });
});

describe('A listener by name', () => {
  const hit = (events: CacheEvents) => events.emit({ name: 'entry:hit', key: 'k' });
  const miss = (events: CacheEvents) => events.emit({ name: 'entry:missed', key: 'k', reason: 'absent' });
  const fail = (events: CacheEvents) => events.emit({ name: 'store:failed', operation: 'read', error: 'why' });

  function setUp() {
    const events = new CacheEvents();
    const heard: CacheEvent[] = [];
    return { events, heard, listener: (event: CacheEvent) => void heard.push(event) };
  }

  it('hears the events of its name, and no other', () => {
    const { events, heard, listener } = setUp();
    events.on('store:failed', listener);
    for (const emit of [hit, miss, fail, hit]) emit(events);
    expect(heard).toEqual([{ name: 'store:failed', operation: 'read', error: expect.any(Error) }]);
  });

  it('hears the events of several names, in their order', () => {
    const { events, heard, listener } = setUp();
    events.on(['entry:missed', 'entry:hit'], listener);
    for (const emit of [hit, fail, miss, hit]) emit(events);
    expect(heard.map(({ name }) => name)).toEqual(['entry:hit', 'entry:missed', 'entry:hit']);
  });

  it('hears nothing of no name, whatever becomes of the list it gave', () => {
    const { events, heard, listener } = setUp();
    const names: CacheEvent['name'][] = [];
    events.on(names, listener);
    names.push('entry:hit');
    hit(events);
    expect(heard).toEqual([]);
  });

  it('is removed by what on() returned, which removes nothing else', () => {
    const { events, heard, listener } = setUp();
    const off = events.on('entry:hit', listener);
    events.on(['entry:hit', 'store:failed'], listener);
    hit(events);
    expect(heard).toHaveLength(2);
    off();
    off();
    for (const emit of [hit, fail]) emit(events);
    expect(heard.slice(2).map(({ name }) => name)).toEqual(['entry:hit', 'store:failed']);
  });

  it('that throws keeps nobody from hearing', () => {
    const { events, heard, listener } = setUp();
    events.on('entry:hit', () => {
      throw new Error('a counter that fails');
    });
    events.on('entry:hit', listener);
    hit(events);
    expect(heard).toHaveLength(1);
  });

  it('is not told what it causes itself, at once or later, under whatever name it listens', async () => {
    const { events, heard, listener } = setUp();
    let later: Promise<void> | undefined;
    const reading = () => {
      miss(events);
      later ??= Promise.resolve().then(() => hit(events));
    };
    let told = 0;
    const counting = () => {
      told++;
      reading();
    };
    events.on('entry:hit', counting);
    events.on(['entry:missed', 'store:failed'], counting);
    events.on(listener);
    hit(events);
    await later;
    expect(told).toBe(1);
    // Everybody else is.
    expect(heard.map(({ name }) => name)).toEqual(['entry:missed', 'entry:hit', 'entry:hit']);
    fail(events);
    expect(told).toBe(2);
  });
});
