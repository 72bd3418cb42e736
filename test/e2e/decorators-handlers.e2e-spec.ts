import {
  Controller,
  Get,
  Header,
  HttpCode,
  Injectable,
  Param,
  ParseIntPipe,
  Post,
  Scope,
  SetMetadata,
  type Type,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { DocumentBuilder, SwaggerModule, ApiOperation } from '@nestjs/swagger';
import { AsyncLocalStorage } from 'node:async_hooks';
import { defer, type Observable } from 'rxjs';
import request from 'supertest';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { ClearCacheDetail, ClearCacheKeys } from '../../lib/index.js';
import { QsCacheCore } from '../../lib/qs-cache.core.js';
import { PlainExampleCacheManager } from '../fixtures/managers.js';
import { OutsideWrites } from '../fixtures/outside-writes.js';
import { sqljs } from '../fixtures/sqljs.js';
import { exampleApp } from '../support/example-app.js';

const tenants = new AsyncLocalStorage<string>();
const steps: string[] = [];

/** As transaction decorators do it: what is decorated runs within. */
function Within(name: string): MethodDecorator {
  return (_, __, descriptor: PropertyDescriptor) => {
    const method = descriptor.value as (...args: unknown[]) => unknown;
    const within = async function (this: unknown, ...args: unknown[]) {
      const result = await method.apply(this, args);
      await new Promise(setImmediate);
      steps.push(name);
      return result;
    };
    for (const key of Reflect.getOwnMetadataKeys(method) as unknown[]) {
      Reflect.defineMetadata(key, Reflect.getOwnMetadata(key, method), within);
    }
    descriptor.value = within;
  };
}

@Injectable()
class Inherited {
  constructor(protected readonly outside: OutsideWrites) {}

  @Post('inherited')
  inherited(): Promise<unknown> {
    return this.outside.change(1);
  }

  @Post('overridden')
  @ClearCacheKeys('plain_two')
  overridden(): Promise<unknown> {
    return this.outside.change(1);
  }
}

@ClearCacheKeys('plain')
class Cleared extends Inherited {
  @Post('own')
  own(): Promise<unknown> {
    return this.outside.change(1);
  }
}

@Controller()
class InheritingController extends Cleared {
  @Post('overridden')
  override overridden(): Promise<unknown> {
    return super.overridden();
  }

  @Post('calling')
  async calling(): Promise<unknown> {
    return [await this.own(), await this.inherited()];
  }

  @Post('helped')
  helped(): Observable<unknown> {
    return defer(async () => [await this.own(), await this.own()]);
  }
}

@Controller({ path: 'requested', scope: Scope.REQUEST })
class RequestedController {
  constructor(private readonly outside: OutsideWrites) {}

  @Post()
  @ClearCacheKeys('plain')
  own() {
    return this.outside.change(1);
  }
}

@Controller('described')
class DescribedController {
  constructor(private readonly outside: OutsideWrites) {}

  @Post(':id')
  @HttpCode(202)
  @Header('x-described', 'yes')
  @ApiOperation({ summary: 'changes' })
  @SetMetadata('role', 'writer')
  @ClearCacheKeys(({ result, context }) => {
    steps.push(new Reflector().get<string>('role', context.getHandler()), tenants.getStore() ?? 'nobody');
    return `plain${(result as { id: number }).id === 1 ? '' : '_two'}`;
  })
  change(@Param('id', ParseIntPipe) id: number) {
    steps.push(tenants.getStore() ?? 'nobody');
    return this.outside.change(id);
  }

  @Post('within/:id')
  @Within('committed')
  @ClearCacheKeys(() => {
    steps.push('cleared');
    return 'plain';
  })
  within() {
    return this.outside.change(1);
  }

  @Get('synchronous')
  @ClearCacheDetail(PlainExampleCacheManager)
  synchronous() {
    return { id: 1 };
  }
}

const said = (step: string) => () => {
  steps.push(step);
  return 'plain';
};

@Controller('twice')
@ClearCacheKeys(said('keys of the class'))
class TwiceController {
  constructor(protected readonly outside: OutsideWrites) {}

  @Post('keys-above')
  @ClearCacheKeys(said('keys'))
  @ClearCacheDetail(PlainExampleCacheManager, { additionalKeys: [said('additional')] })
  keysAbove() {
    return this.outside.change(1);
  }

  @Post('keys-below')
  @ClearCacheDetail(PlainExampleCacheManager, { additionalKeys: [said('additional')] })
  @ClearCacheKeys(said('keys'))
  keysBelow() {
    return this.outside.change(1);
  }

  @Post('keys-of-class')
  @ClearCacheDetail(PlainExampleCacheManager, { additionalKeys: [said('additional')] })
  keysOfClass() {
    return this.outside.change(1);
  }
}

describe('A handler under a clear decorator', () => {
  async function setUp(...controllers: Type[]) {
    const test = await exampleApp(sqljs, { controllers, providers: [OutsideWrites] });
    const app = test.module.createNestApplication();
    app.use((_: unknown, __: unknown, next: () => void) => tenants.run('acme', next));
    await app.init();
    onTestFinished(() => app.close());
    const plain = test.get(PlainExampleCacheManager);
    const titles = async () => (await plain.all())[0]!.title;
    expect(await titles()).toBe('one');
    steps.length = 0;
    const advance = vi.spyOn(test.module.get(QsCacheCore).store, 'advance');
    return { ...test, app, plain, titles, advance, post: (path: string) => request(app.getHttpServer()).post(path) };
  }

  it.each(['own', 'inherited', 'overridden', 'calling', 'helped'])('of a class is heard once: %s', async (name) => {
    const { post, titles, advance } = await setUp(InheritingController);
    await post(`/${name}`).expect(201);
    expect(advance).toHaveBeenCalledTimes(1);
    expect(await titles()).toBe('changed');
  });

  it('of a request-scoped controller is heard', async () => {
    const { post, titles } = await setUp(RequestedController);
    await post('/requested').expect(201);
    expect(await titles()).toBe('changed');
  });

  it('keeps its name, its parameters and what other decorators know of it', async () => {
    const { post, titles, app } = await setUp(DescribedController);
    const { headers } = await post('/described/1').expect(202);
    expect(headers).toMatchObject({ 'x-described': 'yes' });
    expect(steps).toEqual(['acme', 'writer', 'acme']);
    expect(await titles()).toBe('changed');
    expect(DescribedController.prototype.change).toHaveLength(1);
    expect(DescribedController.prototype.change.name).toBe('change');
    const { paths } = SwaggerModule.createDocument(app, new DocumentBuilder().build());
    expect(paths['/described/{id}']?.post?.summary).toBe('changes');
  });

  it('ends when all that is decorated above has ended, a transaction say', async () => {
    const { post } = await setUp(DescribedController);
    await post('/described/within/1').expect(201);
    expect(steps).toEqual(['committed', 'cleared']);
  });

  it.each([
    ['keys-above', 'keys'],
    ['keys-below', 'keys'],
    ['keys-of-class', 'keys of the class'],
  ])('and another one clears once, details before keys: %s', async (path, keys) => {
    const { post, titles, advance } = await setUp(TwiceController);
    await post(`/twice/${path}`).expect(201);
    expect(steps).toEqual(['additional', keys]);
    // The row, what is added to it, and the keys.
    expect(advance).toHaveBeenCalledTimes(3);
    expect(await titles()).toBe('changed');
  });

  it('is an ordinary method for everybody else', async () => {
    const { get, advance } = await setUp(DescribedController);
    expect(get(DescribedController).synchronous()).toEqual({ id: 1 });
    expect(advance).not.toHaveBeenCalled();
  });

  it('is heard in two applications of one process', async () => {
    const applications = [await setUp(DescribedController), await setUp(DescribedController)];
    for (const { post, titles, advance } of applications) {
      // The first one hears what the other's DataSource did while it was nobody's.
      advance.mockClear();
      await post('/described/1').expect(202);
      expect(await titles()).toBe('changed');
      expect(advance).toHaveBeenCalledTimes(1);
    }
  });
});
