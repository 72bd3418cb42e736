import { expect, it } from 'vitest';
import { CacheEvents } from '../../../lib/events/cache-events.js';

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
