import { QsCacheTestingModule } from 'nestjs-qscache/testing';
import { Application } from './application.js';
import { type Facts, facts, sharedFacts } from './facts.js';
import { testingFacts } from './testing-facts.js';
import { shared as database } from '../databases/shared.js';
import { memory } from '../stores/memory.js';
import { shared as caches } from '../stores/shared.js';

/** Facts about applications that are started before them and closed after them. */
export interface Suite {
  readonly name: string;
  start(): Promise<void>;
  close(): Promise<void>;
  readonly facts: Readonly<Record<string, () => Promise<void>>>;
}

const sqlite = { type: 'sqljs' } as const;

/** Without addresses of a database and Redis: those in memory alone. */
export function suites({ DATABASE_URL, REDIS_URL, CACHE_NAMESPACE = '' }: NodeJS.ProcessEnv): Suite[] {
  const inMemory = [
    suite('on SQLite, cached in memory', facts, [() => Application.start(sqlite, memory())]),
    suite('with nestjs-qscache/testing', testingFacts, [
      () => Application.start(sqlite, [QsCacheTestingModule.forRoot()]),
    ]),
  ];
  if (!DATABASE_URL || !REDIS_URL) return inMemory;
  const start = () => Application.start(database(DATABASE_URL), caches(REDIS_URL, CACHE_NAMESPACE));
  return [...inMemory, suite('on a server, cached in Redis', facts, [start, start])];
}

function suite(name: string, ofOne: Facts, starts: (() => Promise<Application>)[]): Suite {
  const apps: Application[] = [];
  const [one, other] = [() => apps[0]!, () => apps[1]!];
  const own = Object.entries(ofOne).map(([title, check]) => [title, () => check(one())] as const);
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
