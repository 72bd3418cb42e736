import type { EntityManager, ObjectLiteral } from 'typeorm';
import { In } from 'typeorm';
import { expectTypeOf } from 'vitest';
import {
  BaseCacheManager,
  type CacheEvent,
  type CacheEventOf,
  type CacheEvents,
  ClearCacheDetail,
  ClearCacheKeys,
  type ConfigurationErrorCode,
  type HandlerResult,
  hours,
  type Identifier,
  InvalidConfigurationError,
  InvalidQueryError,
  type KeysOfResult,
  minutes,
  type MissReason,
  type Page,
  QsCacheError,
  type QsCacheErrorCode,
  QsCacheModule,
  type QueryErrorCode,
  QuerySet,
  seconds,
  StoreError,
  UnsupportedValueError,
} from '../../lib/index.js';
import { QsCacheTestingModule } from '../../lib/testing/index.js';
import { Example, User } from '../fixtures/entities/example.entity.js';
import { PlacedSeat } from '../fixtures/entities/keys.entities.js';
import { Book, Car } from '../fixtures/entities/listening.entities.js';
import { Invoice, Line } from '../fixtures/entities/order-lines.entities.js';
import { Member, UserId } from '../fixtures/entities/value-keys.entities.js';
import { ExampleCacheManager } from '../fixtures/managers.js';

// Checked by the compiler, run by nobody: what must not compile says so by @ts-expect-error.

declare const examples: ExampleCacheManager;
declare const entityManager: EntityManager;

// Relations of a manager

export class RightRelations extends BaseCacheManager<Example> {
  model = Example;
  override relatedObjects = ['user', 'user.company', 'user.examples.user'] as const;
  override prefetchRelatedObjects = ['users', 'users.company'] as const;
}

export class RightLazyRelation extends BaseCacheManager<Book> {
  model = Book;
  override relatedObjects = ['reviewers', 'reviewers.profile', 'publisher'] as const;
}

export class WrongRelation extends BaseCacheManager<Example> {
  model = Example;
  // @ts-expect-error there is no such relation
  override relatedObjects = ['usr'] as const;
}

export class WrongPrefetchedRelation extends BaseCacheManager<Example> {
  model = Example;
  // @ts-expect-error there is no such relation
  override prefetchRelatedObjects = ['users', 'usrs'] as const;
}

export class WrongNestedRelation extends BaseCacheManager<Example> {
  model = Example;
  // @ts-expect-error a user has no such relation
  override relatedObjects = ['user.compny'] as const;
}

export class RelationOnScalar extends BaseCacheManager<Example> {
  model = Example;
  // @ts-expect-error a column is no relation
  override relatedObjects = ['title'] as const;
}

export class RelationBelowScalar extends BaseCacheManager<Example> {
  model = Example;
  // @ts-expect-error nor is anything below one
  override relatedObjects = ['user.username.length'] as const;
}

export class MethodIsNoRelation extends BaseCacheManager<Car> {
  model = Car;
  // @ts-expect-error nor is a method
  override relatedObjects = ['honk'] as const;
}

// Models

export class Hidden {
  id: number;
  private constructor() {}
}

export class Guarded {
  id: number;
  protected constructor() {}
}

export class HiddenManager extends BaseCacheManager<Hidden> {
  model = Hidden;
  repository(within: EntityManager) {
    return within.getRepository(this.model);
  }
}

export class GuardedManager extends BaseCacheManager<Guarded> {
  model = Guarded;
}

export class WrongHiddenModel extends BaseCacheManager<Example> {
  // @ts-expect-error a manager of examples
  model = Hidden;
}

// Other fields

export class WrongModel extends BaseCacheManager<Example> {
  // @ts-expect-error a manager of examples
  model = User;
}

// @ts-expect-error the model is the one field it must have
export class NoModel extends BaseCacheManager<Example> {}

export class RightStaleness extends BaseCacheManager<Example> {
  model = Example;
  override staleWhileRevalidate = minutes(10);
  override staleIfError = hours(1);
  override timeoutJitter = 0.1;
  override notFoundTimeout = seconds(30);
}

export class WrongFields extends BaseCacheManager<Example> {
  model = Example;
  // @ts-expect-error seconds
  override staleWhileRevalidate = true;
  // @ts-expect-error seconds
  override staleIfError = '1h';
  // @ts-expect-error a share
  override timeoutJitter = '10%';
  // @ts-expect-error seconds
  override notFoundTimeout = false;
  // @ts-expect-error seconds
  override listTimeout = '1d';
  // @ts-expect-error a class
  override exceptionClass = new Error('no class');
  // @ts-expect-error a text
  override cacheKey = 5;
  // @ts-expect-error a text, at once
  override scope = async () => 'tenant';
}

export class ScopeOfNull extends BaseCacheManager<Example> {
  model = Example;
  // @ts-expect-error no scope is undefined
  override scope = () => null;
}

export class ScopeOfArray extends BaseCacheManager<Example> {
  model = Example;
  // @ts-expect-error one text
  override scope = () => ['tenant'];
}

export class ScopeOfString extends BaseCacheManager<Example> {
  model = Example;
  // @ts-expect-error a text, no object that holds one
  override scope = () => new String('tenant');
}

export class ScopeOfThenable extends BaseCacheManager<Example> {
  model = Example;
  // @ts-expect-error at once
  override scope = (): PromiseLike<string> => Promise.resolve('tenant');
}

// A manager's own fields may be called anything that is not documented

export class OwnFields extends BaseCacheManager<Example> {
  model = Example;
  bound = 1;
  through = new Map<string, string>();
  cacheKeys = ['example'];
}

// Reads

expectTypeOf(examples.get(1)).toEqualTypeOf<Promise<Example>>();
expectTypeOf(examples.get(1, {})).toEqualTypeOf<Promise<Example>>();
expectTypeOf(examples.get(1, { raiseException: true })).toEqualTypeOf<Promise<Example>>();
expectTypeOf(examples.get(1, { raiseException: false })).toEqualTypeOf<Promise<Example | null>>();
expectTypeOf(examples.get('x', { where: { title: 'x' }, raiseException: false })).toEqualTypeOf<
  Promise<Example | null>
>();
expectTypeOf(examples.get(1, { cache: false })).toEqualTypeOf<Promise<Example>>();
expectTypeOf(examples.get(1, { cache: false, raiseException: false })).toEqualTypeOf<Promise<Example | null>>();
expectTypeOf(examples.all({ cache: Math.random() > 0.5, suffix: 'x' })).toEqualTypeOf<QuerySet<Example>>();
// @ts-expect-error yes or no
void examples.get(1, { cache: 'no' });
// @ts-expect-error yes or no
void examples.all({ cache: 0 });
// With exactOptionalPropertyTypes, as here: what is not there is left out.
declare const absent: undefined;
void examples.all({ suffix: absent, where: absent, cache: absent });
expectTypeOf(examples.get(1, { where: absent, cache: absent, raiseException: absent })).toEqualTypeOf<
  Promise<Example>
>();
ClearCacheDetail(ExampleCacheManager, { field: absent, additionalKeys: absent });
QsCacheModule.forFeature([ExampleCacheManager], { imports: absent, dataSource: absent, provide: absent });
QsCacheModule.forRoot({
  namespace: process.env.NAMESPACE,
  redis: absent,
  store: absent,
  enabled: absent,
  encrypt: absent,
});
QsCacheModule.forRoot({ budgetMs: absent, holdMs: absent, onStoreDown: absent });
QsCacheTestingModule.forRoot({ namespace: absent, budgetMs: absent });
// @ts-expect-error a secret that is not there is a mistake
QsCacheModule.forRoot({ secret: process.env.SECRET });
// @ts-expect-error several have no options
void examples.getMany([1], { cache: false });
expectTypeOf(examples.get(1, { raiseException: Math.random() > 0.5 })).toEqualTypeOf<Promise<Example | null>>();
expectTypeOf(examples.getMany([1, '2', 3n, { id: 4 }])).toEqualTypeOf<Promise<Example[]>>();
expectTypeOf(examples.all()).toEqualTypeOf<QuerySet<Example>>();
expectTypeOf(await examples.all()).toEqualTypeOf<Example[]>();
expectTypeOf(await examples.all().filter({ isActive: true }).limit(1).cache('x')).toEqualTypeOf<Example[]>();
expectTypeOf(examples.all().first()).toEqualTypeOf<Promise<Example | null>>();
expectTypeOf(examples.all().at(-1)).toEqualTypeOf<Promise<Example | null>>();
expectTypeOf(examples.all().count()).toEqualTypeOf<Promise<number>>();
expectTypeOf(examples.all().withDeleted().page({ page: 1, size: 20 })).toEqualTypeOf<Promise<Page<Example>>>();
// @ts-expect-error a page has a size
void examples.all().page({ page: 1 });
expectTypeOf(examples.all().exists()).toEqualTypeOf<Promise<boolean>>();
expectTypeOf((async () => examples.all())()).toEqualTypeOf<Promise<Example[]>>();
expectTypeOf(examples.all().then((found) => found.length)).toEqualTypeOf<Promise<number>>();
for await (const example of examples.all()) expectTypeOf(example).toEqualTypeOf<Example>();
expectTypeOf(examples.using(entityManager)).toEqualTypeOf<ExampleCacheManager>();
expectTypeOf(examples.getCacheKey('x')).toEqualTypeOf<string>();
expectTypeOf(examples.all().createQueryBuilder('e').getMany()).toEqualTypeOf<Promise<Example[]>>();
// @ts-expect-error only a manager makes one
new QuerySet<Example>({} as never, {});

// @ts-expect-error undefined identifies nothing
void examples.get(undefined);
// @ts-expect-error nor does null
void examples.get(null);
// @ts-expect-error nor does nothing
void examples.get();
// @ts-expect-error a promise of an identifier is none
void examples.get(Promise.resolve(1));
// An instance of a class may be a key.
void examples.get(new URL('https://a.example'));
void examples.get({ id: new URL('https://a.example') });

// Identifiers

declare const example: Example;
declare const lines: BaseCacheManager<Line>;
declare const line: Line;
declare const placedSeats: BaseCacheManager<PlacedSeat>;
declare const members: BaseCacheManager<Member>;
declare const invoices: BaseCacheManager<Invoice>;
declare const request: { readonly params: { readonly id: string } };
void examples.get(example);
void examples.get(request.params.id);
void examples.get({ id: request.params.id });
void examples.get(request.params);
void examples.getMany([example, { id: 1 }]);
void examples.clearCacheDetail({ id: 1n });
void lines.get({ shop: 1, no: 2, position: 3 });
void lines.get(line);
void lines.get('first', { where: { product: 'a' } });
void lines.getMany([{ shop: 1, no: 2, position: 3 }, line]);
void placedSeats.get({ place: { row: 'a', number: 1 } });
void members.get(new UserId('a'));
void members.get({ id: new UserId('a') });
void members.get({ id: 'a' });
void invoices.get({ order: { shop: 1, no: 2 } });
void invoices.get({ order: line.order });
void invoices.get(new Date());
void invoices.get(Buffer.from('a'));
void invoices.get(new Uint8Array(1));
// @ts-expect-error no such property
void examples.get({ idd: 1 });
// @ts-expect-error no such property
void lines.get({ shop: 1, number: 2, position: 3 });
// @ts-expect-error no such property
void lines.getMany([{ shop: 1, no: 2, pos: 3 }]);
// @ts-expect-error no such property
lines.getDetailCacheKey({ shop: 1, no: 2, pos: 3 });
// @ts-expect-error no such property
void lines.clearCacheDetail({ shop: 1, no: 2, pos: 3 });
// @ts-expect-error no such property of a place
void placedSeats.get({ place: { row: 'a', nr: 1 } });
// @ts-expect-error null is no key
void examples.get({ id: null });
// @ts-expect-error a promise of a key is none
void examples.get({ id: Promise.resolve(1) });
// @ts-expect-error an array of keys of lines
export const wrongKeys: Identifier<Line>[] = [{ shop: 1, nr: 2 }];
// Without an entity, any.
export const anyKeys: Identifier[] = [1, 'a', { shop: 1, nr: 2 }, new UserId('a')];
void lines.getMany(anyKeys);

export abstract class GenericManager<T extends ObjectLiteral> extends BaseCacheManager<T> {
  byText(id: string): Promise<T> {
    return this.get(id);
  }

  same(entity: T): Promise<T> {
    return this.get(entity);
  }

  several(ids: readonly Identifier<T>[]): Promise<T[]> {
    return this.getMany(ids);
  }

  any(id: Identifier): Promise<T | null> {
    return this.get(id, { raiseException: false });
  }
}

export abstract class IdManager<T extends { id: number }> extends BaseCacheManager<T> {
  byId(id: number): Promise<T> {
    return this.get({ id });
  }
}

export class ExampleIdManager extends IdManager<Example> {
  model = Example;
  override async getMany(ids: readonly Identifier[]): Promise<Example[]> {
    return (await super.getMany(ids)).toReversed();
  }
}
QsCacheModule.forFeature([ExampleIdManager]);

// Filters, orders, selections

void examples.all({ where: { title: In(['a']), user: { company: { name: 'acme' } } }, suffix: 'x' });
void examples.all({ where: [{ title: 'a' }, { users: { username: 'ann' } }] });
void examples
  .all()
  .filter([{ title: 'a' }])
  .exclude({ user: { username: 'ann' } });
void examples.all().orderBy({ user: { username: 'ASC' }, id: { direction: 'DESC' } as never });
void examples.all().select({ id: true, user: { username: true } });

// @ts-expect-error no such column
void examples.all({ where: { titel: 'a' } });
// @ts-expect-error no such column of a user
void examples.all({ where: { user: { name: 'ann' } } });
// @ts-expect-error a boolean column
void examples.all({ where: { isActive: 'yes' } });
// @ts-expect-error no such option
void examples.all({ sufix: 'a' });
// @ts-expect-error no such column
void examples.get('x', { where: { titel: 'a' } });
// @ts-expect-error no such column
void examples.all().filter({ titel: 'a' });
// @ts-expect-error no such column
void examples.all().exclude({ titel: 'a' });
// @ts-expect-error no such column
void examples.all().orderBy({ titel: 'ASC' });
// @ts-expect-error no such direction
void examples.all().orderBy({ title: 'UP' });
// @ts-expect-error no such column
void examples.all().select({ titel: true });
// @ts-expect-error TypeORM takes an object
void examples.all().select(['title']);
// @ts-expect-error a number
void examples.all().limit('2');
// @ts-expect-error a text
void examples.all({ suffix: ['a'] });
// @ts-expect-error a text
void examples.all().cache(5);
// @ts-expect-error a text
examples.getCacheKey({ suffix: 'a' });
// @ts-expect-error a text
void examples.clearCacheList(null);
// @ts-expect-error options are an object
void examples.all('active');
// @ts-expect-error options are an object
void examples.get(1, null);
// @ts-expect-error an array of identifiers
void examples.getMany('abc');

// Registration and decorators

QsCacheModule.forRoot({ enabled: false });
// @ts-expect-error yes or no
QsCacheModule.forRoot({ enabled: 'false' });
QsCacheModule.forFeature([ExampleCacheManager, RightRelations]);
// @ts-expect-error an entity is no manager
QsCacheModule.forFeature([Example]);
// @ts-expect-error nor is an instance
QsCacheModule.forFeature([examples]);

ClearCacheKeys(
  ExampleCacheManager,
  'example',
  ({ result }) => `example_${String(result)}`,
  () => ['a', 'b'],
);
ClearCacheDetail(ExampleCacheManager, { field: 'id', additionalKeys: ['example', ExampleCacheManager] });
export const suffixOf: KeysOfResult<Example> = ({ result }) => result.title;
ClearCacheKeys<Example>(({ result }) => `example_${result.title}`, suffixOf, 'example');
ClearCacheKeys(({ result }: HandlerResult<Example>) => result.title, ExampleCacheManager);
ClearCacheKeys(suffixOf);
ClearCacheDetail<Example>(ExampleCacheManager, { additionalKeys: [({ result }) => result.title] });
ClearCacheDetail(ExampleCacheManager, { additionalKeys: [suffixOf, 'example'] });
export const unknownResult: KeysOfResult = ({ result }: HandlerResult) => String(result);
// @ts-expect-error what the result is must be said first
ClearCacheKeys(({ result }) => result.title);
// @ts-expect-error an example has no such property
ClearCacheKeys<Example>(({ result }) => result.titel);
// @ts-expect-error an entity is no manager
ClearCacheDetail(Example);
// @ts-expect-error keys are texts
ClearCacheKeys(5);
// @ts-expect-error qscache's name
ClearCacheDetail(ExampleCacheManager, { additionalFields: ['id'] });

// Errors and events

declare const events: CacheEvents;
declare const error: QsCacheError;
expectTypeOf(error.code).toEqualTypeOf<QsCacheErrorCode>();
expectTypeOf<'QSCACHE_STORE_FAILED'>().toExtend<QsCacheErrorCode>();
if (error instanceof InvalidConfigurationError) expectTypeOf(error.code).toEqualTypeOf<ConfigurationErrorCode>();
if (error instanceof InvalidQueryError) expectTypeOf(error.code).toEqualTypeOf<QueryErrorCode>();
// @ts-expect-error no such code
void (error.code === 'QSCACHE_STORE_DEAD');
void new InvalidQueryError('QSCACHE_QUERY', 'of a call');
// @ts-expect-error a code of modules and managers
void new InvalidQueryError('QSCACHE_TIMEOUT', 'of a call');
// @ts-expect-error a code of calls
void new InvalidConfigurationError('QSCACHE_QUERY', 'of a manager');
expectTypeOf<StoreError>().toExtend<QsCacheError>();
expectTypeOf<UnsupportedValueError>().toExtend<QsCacheError>();

expectTypeOf(events.on(() => {})).toEqualTypeOf<() => void>();
events.on((event) => expectTypeOf(event).toEqualTypeOf<CacheEvent>());
const off = events.on('store:failed', (event) => {
  expectTypeOf(event.operation).toEqualTypeOf<string>();
  expectTypeOf(event.error).toEqualTypeOf<Error>();
});
expectTypeOf(off).toEqualTypeOf<() => void>();
events.on(['entry:missed', 'entry:hit'], (event) => {
  expectTypeOf(event.key).toEqualTypeOf<string>();
  if (event.name === 'entry:missed') expectTypeOf(event.reason).toEqualTypeOf<MissReason>();
  // @ts-expect-error a hit has no reason
  void event.reason;
});
// A listener of all events is one of some.
events.on('entry:hit', (event: CacheEvent) => void event.name);
// @ts-expect-error no such event
events.on('store:dead', () => {});
// @ts-expect-error no such event
events.on(['store:failed', 'store:dead'], () => {});
events.on('entry:hit', ({ stale }) => expectTypeOf(stale).toEqualTypeOf<'expired' | 'error' | undefined>());
events.on('load:failed', (event) => expectTypeOf(event.error).toEqualTypeOf<Error>());
expectTypeOf<'expired' | 'disabled' | 'bypassed'>().toExtend<MissReason>();
// @ts-expect-error of a hit there is no operation
events.on('entry:hit', (event) => event.operation);
// @ts-expect-error a listener of hits is none of all events
events.on((event: CacheEventOf<'entry:hit'>) => void event.key);
// @ts-expect-error nobody listens
events.on('entry:hit');
