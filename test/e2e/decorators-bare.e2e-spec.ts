import { CacheModule } from '@nestjs/cache-manager';
import { Controller, Get, type INestApplication, Logger, Module, Param, Post } from '@nestjs/common';
import { LazyModuleLoader, NestFactory } from '@nestjs/core';
import { ClientProxyFactory, MessagePattern, type MicroserviceOptions, Transport } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { AddressInfo, Server } from 'node:net';
import { lastValueFrom } from 'rxjs';
import request from 'supertest';
import { DataSource } from 'typeorm';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { ClearCacheDetail, ClearCacheKeys, QsCacheModule } from '../../lib/index.js';
import { Example, exampleEntities } from '../fixtures/entities/example.entity.js';
import { PlainExampleCacheManager } from '../fixtures/managers.js';
import { OutsideWrites } from '../fixtures/outside-writes.js';
import { sqljs } from '../fixtures/sqljs.js';
import { exampleApp } from '../support/example-app.js';

@Controller('examples')
class ExamplesController {
  constructor(private readonly examples: PlainExampleCacheManager) {}

  @Get(':id')
  @ClearCacheDetail(PlainExampleCacheManager)
  get(@Param('id') id: string) {
    return this.examples.get(Number(id));
  }

  @Post()
  @ClearCacheKeys(PlainExampleCacheManager, 'plain_1')
  create() {
    return { created: true };
  }
}

@Controller()
class KeysController {
  constructor(private readonly outside: OutsideWrites) {}

  @Post('keys')
  @MessagePattern('keys')
  @ClearCacheKeys('plain_1')
  keys() {
    return this.outside.change(1);
  }
}

async function serve(app: INestApplication): Promise<string> {
  await app.listen(0, '127.0.0.1');
  onTestFinished(() => app.close());
  return app.getUrl();
}

function warnings(): string[] {
  const said: string[] = [];
  vi.spyOn(Logger.prototype, 'warn').mockImplementation((text: unknown) => void said.push(String(text)));
  onTestFinished(() => void vi.restoreAllMocks());
  return said;
}

describe('A controller under the clear decorators, in a module without QsCacheModule', () => {
  it('compiles with a manager that is made up, and answers', async () => {
    const get = vi.fn<(id: number) => Promise<object>>(async (id) => ({ id, title: 'made up' }));
    const module = await Test.createTestingModule({
      controllers: [ExamplesController],
      providers: [{ provide: PlainExampleCacheManager, useValue: { get } }],
    }).compile();
    expect(await module.get(ExamplesController).get('7')).toEqual({ id: 7, title: 'made up' });
    const url = await serve(module.createNestApplication());
    await request(url).get('/examples/1').expect(200, { id: 1, title: 'made up' });
    await request(url).post('/examples').expect(201, { created: true });
  });

  it('has an application told, once, that nothing was cleared', async () => {
    const said = warnings();
    @Module({ controllers: [ExamplesController], providers: [{ provide: PlainExampleCacheManager, useValue: {} }] })
    class Root {}
    const url = await serve(await NestFactory.create(Root, { logger: false }));
    for (let i = 0; i < 2; i++) await request(url).post('/examples').expect(201);
    expect(said).toEqual([
      expect.stringMatching(
        /^ExamplesController\.create cleared nothing: no module.*stays cached\. Add QsCacheModule\.forFeature/,
      ),
    ]);
  });
});

describe('A handler under a clear decorator clears', () => {
  it('for a QsCacheModule that was loaded lazily, after a request that found none', async () => {
    const said = warnings();
    @Module({
      imports: [
        CacheModule.register(),
        TypeOrmModule.forRoot({ type: 'sqljs', entities: exampleEntities, synchronize: true }),
      ],
      controllers: [KeysController],
      providers: [OutsideWrites],
    })
    class Root {}
    const app = await NestFactory.create(Root, { logger: false });
    const url = await serve(app);
    await request(url).post('/keys').expect(201);
    expect(said).toEqual([expect.stringMatching(/^KeysController\.keys cleared nothing/)]);

    await app.get(DataSource).manager.save(Example, { title: 'one' });
    const late = await app
      .get(LazyModuleLoader)
      .load(() => QsCacheModule.forFeature([PlainExampleCacheManager]) as never);
    const examples = late.get(PlainExampleCacheManager);
    expect((await examples.get(1)).title).toBe('one');
    await request(url).post('/keys').expect(201);
    expect((await examples.get(1)).title).toBe('changed');
    expect(said.filter((text) => text.includes('cleared nothing'))).toHaveLength(1);
  });

  it('in a hybrid application, over HTTP and over RPC', async () => {
    const test = await exampleApp(sqljs, { controllers: [KeysController], providers: [OutsideWrites] });
    const app = test.module.createNestApplication();
    const options = { transport: Transport.TCP, options: { host: '127.0.0.1', port: 0 } } as const;
    const service = app.connectMicroservice<MicroserviceOptions>(options, { inheritAppConfig: true });
    await app.startAllMicroservices();
    const { port } = service.unwrap<Server>().address() as AddressInfo;
    const client = ClientProxyFactory.create({ ...options, options: { host: '127.0.0.1', port } });
    onTestFinished(() => client.close());
    const url = await serve(app);

    const examples = test.get(PlainExampleCacheManager);
    const outside = test.get(OutsideWrites);
    for (const send of [
      () => request(url).post('/keys').expect(201),
      () => lastValueFrom(client.send<unknown>('keys', {})),
    ]) {
      await outside.change(1, 'before');
      await examples.clearCache();
      expect((await examples.get(1)).title).toBe('before');
      await send();
      expect((await examples.get(1)).title).toBe('changed');
    }
  });
});
