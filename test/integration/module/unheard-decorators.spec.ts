import { CacheModule } from '@nestjs/cache-manager';
import {
  Controller,
  Get,
  Injectable,
  Logger,
  type ModuleMetadata,
  Post,
  SetMetadata,
  Sse,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { EventPattern, GrpcMethod, MessagePattern } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { ClearCacheDetail, ClearCacheKeys, QsCacheModule } from '../../../lib/index.js';
import { exampleEntities } from '../../fixtures/entities/example.entity.js';
import { ExampleCacheManager } from '../../fixtures/managers.js';

/** What an application with these is told while it boots, of decorators. */
async function told(metadata: ModuleMetadata): Promise<string[]> {
  const said: string[] = [];
  vi.spyOn(Logger.prototype, 'warn').mockImplementation((text: unknown) => void said.push(String(text)));
  onTestFinished(() => void vi.restoreAllMocks());
  const module = await Test.createTestingModule({
    ...metadata,
    imports: [
      CacheModule.register(),
      TypeOrmModule.forRoot({ type: 'sqljs', entities: exampleEntities, synchronize: true }),
      QsCacheModule.forFeature([ExampleCacheManager]),
    ],
  }).compile();
  onTestFinished(() => module.close());
  await module.init();
  return said.filter((text) => text.includes('decorator'));
}

const parts = (name: string): unknown =>
  expect.stringMatching(
    new RegExp(
      `^${name} is under a clear decorator, but Nest runs no interceptor there.*So nothing.*Put the decorator on`,
    ),
  );

/** As @nestjs/schedule marks its jobs. */
const Job = () => SetMetadata('SCHEDULE_CRON_OPTIONS', {});
const Name = () => SetMetadata('SCHEDULER_NAME', 'nightly');

/** As @nestjs/graphql and @nestjs/websockets mark what is theirs. */
const Query = () => SetMetadata('graphql:resolver_type', 'Query');
const Gateway = () => SetMetadata('websockets:is_gateway', true);

/** As a decorator of another package, which keeps what it knows beside the prototype. */
const Command = (): MethodDecorator => (target, name) => Reflect.defineMetadata('command', 'x', target, name);

@Injectable()
class Import {
  @ClearCacheKeys(ExampleCacheManager)
  run(): void {}

  @ClearCacheDetail(ExampleCacheManager)
  @UseInterceptors()
  rows(id: number): number {
    return id;
  }

  @Job()
  @Name()
  @ClearCacheKeys(ExampleCacheManager)
  nightly(): void {}

  undecorated(): void {}
}

@Controller('helper')
class Helper {
  @Get()
  @ClearCacheKeys(ExampleCacheManager)
  route() {}

  @ClearCacheKeys(ExampleCacheManager)
  helper() {}
}

abstract class Inherited {
  @ClearCacheKeys(ExampleCacheManager)
  shared() {}
}

@Injectable()
class First extends Inherited {}

@Injectable()
class Second extends Inherited {}

@Injectable()
@ClearCacheKeys(ExampleCacheManager)
class WholeProvider {
  run() {}
}

@Controller('all')
@ClearCacheKeys(ExampleCacheManager)
class Handlers {
  @Post()
  @ClearCacheKeys(ExampleCacheManager)
  post() {}

  @Sse('sse')
  @ClearCacheKeys(ExampleCacheManager)
  sse() {}

  @MessagePattern('message')
  @ClearCacheKeys(ExampleCacheManager)
  message() {}

  @EventPattern('event')
  @ClearCacheDetail(ExampleCacheManager)
  event(data: unknown) {
    return data;
  }

  @GrpcMethod('Service', 'call')
  @ClearCacheDetail(ExampleCacheManager)
  call(data: unknown) {
    return data;
  }

  ofTheClassOnly() {}
}

@Injectable()
class Resolver {
  @Query()
  @ClearCacheKeys(ExampleCacheManager)
  query() {}
}

@Injectable()
@Gateway()
@ClearCacheKeys(ExampleCacheManager)
class Events {
  @ClearCacheKeys(ExampleCacheManager)
  message() {}
}

@Injectable()
class Bot {
  @Command()
  @ClearCacheKeys(ExampleCacheManager)
  command() {}

  @UseGuards()
  @SetMetadata('roles', ['admin'])
  @ClearCacheKeys(ExampleCacheManager)
  whoKnows() {}
}

abstract class Base {
  @ClearCacheKeys(ExampleCacheManager)
  create() {}

  @ClearCacheKeys(ExampleCacheManager)
  overridden() {}
}

@Controller('derived')
class Derived extends Base {
  @Post()
  override overridden() {
    super.overridden();
  }
}
// A subclass that makes an inherited method its route.
Post('create')(Derived.prototype, 'create', Object.getOwnPropertyDescriptor(Base.prototype, 'create')!);

describe('A clear decorator where Nest runs no interceptors', () => {
  it.each<[string, ModuleMetadata, string[]]>([
    ['methods of a provider, and jobs', { providers: [Import] }, ['Import.run', 'Import.rows', 'Import.nightly']],
    ['a method of a controller that is no route', { controllers: [Helper] }, ['Helper.helper']],
    ['a method that two providers inherit, once', { providers: [First, Second] }, ['First.shared']],
    ['a provider without handlers', { providers: [WholeProvider] }, ['WholeProvider']],
  ])('is told of at boot: %s', async (_, metadata, names) => {
    expect((await told(metadata)).toSorted()).toEqual(names.toSorted().map(parts));
  });
});

describe('A clear decorator where Nest, or somebody as it does, may run interceptors', () => {
  it.each<[string, ModuleMetadata]>([
    ['routes, streams, messages, events, gRPC', { controllers: [Handlers] }],
    ['a resolver', { providers: [Resolver] }],
    ['a gateway', { providers: [Events] }],
    ["another package's, or what might be", { providers: [Bot] }],
    ['a method that a subclass makes a route or overrides by one', { controllers: [Derived] }],
  ])('is told of by nobody: %s', async (_, metadata) => {
    expect(await told(metadata)).toEqual([]);
  });
});
