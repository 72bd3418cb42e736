import { ClassSerializerInterceptor, Controller, Get, Logger, Res, UseInterceptors } from '@nestjs/common';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import request from 'supertest';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { PlainExampleCacheManager } from '../fixtures/managers.js';
import { sqljs } from '../fixtures/sqljs.js';
import { exampleApp } from '../support/example-app.js';

@Controller()
class ListsController {
  constructor(private readonly examples: PlainExampleCacheManager) {}

  @Get('whole')
  whole() {
    return this.examples.all();
  }

  @Get('inside')
  inside() {
    return { items: this.examples.all() };
  }

  @Get('list')
  list() {
    return [this.examples.all()];
  }

  @Get('by-hand')
  byHand(@Res() response: { send(body: unknown): void }) {
    response.send({ items: this.examples.all() });
  }

  @UseInterceptors(ClassSerializerInterceptor)
  @Get('serialized')
  serialized() {
    return { items: this.examples.all() };
  }

  @UseInterceptors(ClassSerializerInterceptor)
  @Get('serialized-whole')
  serializedWhole() {
    return this.examples.all();
  }
}

const platforms: [string, () => AbstractHttpAdapter][] = [
  ['Express', () => new ExpressAdapter()],
  ['Fastify', () => new FastifyAdapter()],
];

describe.each(platforms)('A response with a query set nobody awaited, on %s', (_, platform) => {
  async function setUp() {
    const test = await exampleApp(sqljs, { controllers: [ListsController] });
    const app = test.module.createNestApplication<NestFastifyApplication>(platform());
    const log: string[] = [];
    vi.spyOn(Logger.prototype, 'error').mockImplementation(
      (...said: unknown[]) => void log.push(said.map(String).join()),
    );
    vi.spyOn(Logger, 'error').mockImplementation((...said: unknown[]) => void log.push(said.map(String).join()));
    onTestFinished(() => void vi.restoreAllMocks());
    await app.listen(0, '127.0.0.1');
    onTestFinished(() => app.close());
    const url = await app.getUrl();
    return { log, get: (path: string) => request(url).get(`/${path}`) };
  }

  it.each(['inside', 'list', 'by-hand'])('is a 500 that tells its log to await it: %s', async (path) => {
    const { get, log } = await setUp();
    expect((await get(path)).status).toBe(500);
    expect(log.join('\n')).toMatch(/PlainExampleCacheManager.*await/);
  });

  it('is an empty object behind ClassSerializerInterceptor, which makes a promise of it', async () => {
    const { get } = await setUp();
    const { status, body } = await get('serialized');
    expect([status, body]).toEqual([200, { items: {} }]);
  });

  it.each(['whole', 'serialized-whole'])('is the list where Nest awaits it: %s', async (path) => {
    const { get } = await setUp();
    const { status, body } = await get(path);
    expect([status, (body as unknown[]).length]).toEqual([200, 3]);
  });
});
