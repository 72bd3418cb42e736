import { Application } from './application.js';
import { facts, sharedFacts } from './facts.js';
import { memory } from '../stores/memory.js';
import { shared } from '../stores/shared.js';

/** Facts about applications that are started before them and closed after them. */
export interface Suite {
  readonly name: string;
  start(): Promise<void>;
  close(): Promise<void>;
  readonly facts: Readonly<Record<string, () => Promise<void>>>;
}

/** Without addresses of PostgreSQL and Redis: the suite in memory alone. */
export function suites({ DATABASE_URL, REDIS_URL, CACHE_NAMESPACE = '' }: NodeJS.ProcessEnv): Suite[] {
  const inMemory = suite('on SQLite, cached in memory', [() => Application.start({ type: 'sqljs' }, memory())]);
  if (!DATABASE_URL || !REDIS_URL) return [inMemory];
  const start = () => Application.start({ type: 'postgres', url: DATABASE_URL }, shared(REDIS_URL, CACHE_NAMESPACE));
  return [inMemory, suite('on PostgreSQL, cached in Redis', [start, start])];
}

function suite(name: string, starts: (() => Promise<Application>)[]): Suite {
  const apps: Application[] = [];
  const [one, other] = [() => apps[0]!, () => apps[1]!];
  const own = Object.entries(facts).map(([title, check]) => [title, () => check(one())] as const);
  const both = Object.entries(sharedFacts).map(([title, check]) => [title, () => check(one(), other())] as const);
  return {
    name,
    async start() {
      for (const start of starts) apps.push(await start());
    },
    async close() {
      for (const app of apps.splice(0)) await app.close();
    },
    facts: Object.fromEntries(starts.length > 1 ? [...own, ...both] : own),
  };
}
