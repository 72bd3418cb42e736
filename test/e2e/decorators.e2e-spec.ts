import type { AbstractHttpAdapter } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import request from 'supertest';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { QsCacheCore } from '../../lib/qs-cache.core.js';
import { ClearingClassController, ClearingController } from '../fixtures/clearing.controller.js';
import { OutsideWrites } from '../fixtures/outside-writes.js';
import { ExampleCacheManager, PlainExampleCacheManager, UserCacheManager } from '../fixtures/managers.js';
import { sqljs } from '../fixtures/sqljs.js';
import { exampleApp } from '../support/example-app.js';

const platforms: [string, () => AbstractHttpAdapter][] = [
  ['Express', () => new ExpressAdapter()],
  ['Fastify', () => new FastifyAdapter()],
];

describe.each(platforms)('The clear-cache decorators on %s', (_, platform) => {
  async function setUp() {
    const test = await exampleApp(sqljs, {
      controllers: [ClearingController, ClearingClassController],
      providers: [OutsideWrites],
    });
    const app = test.module.createNestApplication<NestFastifyApplication>(platform());
    await app.listen(0, '127.0.0.1');
    onTestFinished(() => app.close());
    const plain = test.get(PlainExampleCacheManager);
    const url = await app.getUrl();
    const post = (path: string) => request(url).post(`/${path}`);
    const reads = {
      plain: () => plain.all(),
      plain_one: () => plain.all({ suffix: 'one', where: { id: 1 } }),
      plain_other: () => plain.all({ suffix: 'other', where: { id: 2 } }),
      plain_1: () => plain.get(1),
      plain_2: () => plain.get(2),
      plain_first: () => plain.get('first', { where: { id: 1 } }),
      example: () => test.get(ExampleCacheManager).all(),
      user: () => test.get(UserCacheManager).all(),
    };
    /** Which of the entries went to the database once `act` was over. */
    const cleared = async (act: () => Promise<unknown>) => {
      for (const read of Object.values(reads)) await read();
      await act();
      const gone: string[] = [];
      for (const [name, read] of Object.entries(reads)) {
        if ((await test.statements.during<unknown>(read)).statements.length) gone.push(name);
      }
      return gone;
    };
    const failures = () => test.events.filter(({ name }) => name === 'clear:failed');
    return { ...test, app, url, post, plain, cleared, failures };
  }

  it.each([
    ['nothing', []],
    ['keys/manager', ['plain', 'plain_one', 'plain_other']],
    ['keys/exact', ['plain_one']],
    ['keys/several', ['plain', 'plain_1', 'example']],
    ['keys/result', ['plain_one']],
    ['keys/query-set', ['plain', 'plain_one', 'plain_other']],
    ['keys/bare-query-set', ['plain', 'plain_one', 'plain_other']],
    ['keys/undefined', ['plain', 'plain_one', 'plain_other']],
    ['keys/observable', ['plain_one', 'plain_other']],
    ['detail/row', ['plain_1', 'plain_first']],
    ['detail/rows', ['plain_1', 'plain_2', 'plain_first']],
    ['detail/many-rows', ['plain_1', 'plain_2', 'plain_first']],
    ['detail/field', ['plain_1', 'plain_first']],
    ['detail/additional', ['plain_1', 'plain_first']],
    ['both', ['plain_1', 'plain_first']],
    ['class/any', ['plain']],
    ['class/own', ['plain_one']],
  ])('POST /%s clears %j and nothing else', async (path, expected) => {
    const { post, cleared, failures } = await setUp();
    const gone = await cleared(() => post(path).expect(201));
    // Clearing a row by name makes every list stale that may show it.
    const shown =
      path.startsWith('keys') || path.startsWith('class') ? gone : gone.filter((key) => /\d|first/.test(key));
    expect(shown).toEqual(expected);
    expect(failures()).toEqual([]);
  });

  it('clears the keys added to a detail, also where no row is named', async () => {
    const { post, cleared } = await setUp();
    expect(await cleared(() => post('detail/many-rows').expect(201))).not.toContain('plain');
    expect(await cleared(() => post('detail/fieldless').expect(201))).toContain('plain');
    expect(await cleared(() => post('detail/field').expect(201))).toEqual(expect.arrayContaining(['plain', 'user']));
  });

  it.each([
    ['nothing', { id: 1, title: 'changed' }],
    ['keys/manager', { id: 1, title: 'changed' }],
    ['keys/result', { suffix: 'one' }],
    ['keys/query-set', [{ id: 1, title: 'changed', isActive: true }]],
    ['keys/bare-query-set', [{ id: 1, title: 'one', isActive: true }]],
    ['keys/undefined', {}],
    ['keys/observable', { suffix: 'one' }],
    [
      'detail/rows',
      [
        { id: 1, title: 'changed' },
        { id: 2, title: 'changed' },
      ],
    ],
    ['detail/fieldless', { id: 1, title: 'changed' }],
    ['both', { id: 1, title: 'changed' }],
  ])('POST /%s answers what its handler returned', async (path, expected) => {
    const { post } = await setUp();
    expect((await post(path).expect(201)).body).toEqual(expected);
  });

  it('clears before the response leaves: whoever has it reads the new rows', async () => {
    const { post, url, module } = await setUp();
    const { store } = module.get(QsCacheCore);
    const advance = store.advance.bind(store);
    let late = false;
    vi.spyOn(store, 'advance').mockImplementation(async (...args) => {
      // Others of the event loop get their turn: a response that does not wait would be on its way.
      for (let i = 0; i < 20; i++) await new Promise(setImmediate);
      await advance(...args);
      late = true;
    });
    await request(url).get('/list').expect(200);
    await post('keys/manager').expect(201);
    expect(late).toBe(true);
    const { body } = await request(url).get('/list').expect(200);
    expect((body as { title: string }[]).map(({ title }) => title)).toEqual(['changed', 'two', 'three']);
  });

  it.each([
    ['keys/throws', 418],
    ['keys/emits-error', 418],
    ['detail/throws', 418],
  ])('POST /%s fails, and clears nothing', async (path, status) => {
    const { post, cleared, failures } = await setUp();
    expect(await cleared(() => post(path).expect(status))).toEqual([]);
    expect(failures()).toEqual([]);
  });

  it('clears for every item of a stream, once it is complete', async () => {
    const { cleared, url } = await setUp();
    let body = '';
    const gone = await cleared(async () => {
      body = (await request(url).get('/keys/stream').expect(200)).text;
    });
    expect(body).toMatch(/data: other[\s\S]*data: one/);
    expect(gone).toEqual(['plain_one', 'plain_other']);
  });

  it('clears for the other items when the function fails for one, and says so', async () => {
    const { cleared, url, failures } = await setUp();
    expect(await cleared(() => request(url).get('/keys/failing-item').expect(200))).toEqual(['plain_one']);
    expect(failures()).toMatchObject([
      { error: { message: expect.stringMatching(/^Error at .*clearing\.controller\.ts/) as string } },
    ]);
  });

  it('gives a key function the result and the context', async () => {
    const { post, failures } = await setUp();
    expect((await post('keys/results').expect(201)).body).toEqual(['plain', 'user']);
    expect(failures()).toEqual([]);
  });

  it.each([
    [
      'detail/fieldless',
      ['plain', 'plain_1', 'plain_2', 'plain_first'],
      /no pk, so every detail of PlainExampleCacheManager was cleared/,
    ],
    [
      'detail/undefined',
      ['plain_1', 'plain_2', 'plain_first'],
      /no primary key.*name its identifier's property in field/,
    ],
    ['detail/invalid', ['plain_1', 'plain_2', 'plain_first'], /no id, so every detail/],
    ['keys/failing-function', ['plain', 'plain_one', 'plain_other'], /^Error at .*clearing\.controller\.ts/],
    ['keys/unknown', ['plain', 'plain_one', 'plain_other'], /No manager has the key "nowhere".*getCacheKey\(\)/],
  ])('POST /%s succeeds although it is wrong: it clears %j and says so', async (path, expected, message) => {
    const { post, cleared, failures } = await setUp();
    expect(await cleared(() => post(path).expect(201))).toEqual(expected);
    expect(failures()).toEqual([
      {
        name: 'clear:failed',
        handler: expect.stringMatching(/^ClearingController\.\w+$/),
        error: expect.objectContaining({ message: expect.stringMatching(message) }),
      },
    ]);
  });

  it.each(['keys/manager', 'keys/several', 'keys/result', 'detail/row', 'detail/fieldless', 'both'])(
    'POST /%s succeeds while the store is down, and says what it could not clear',
    async (path) => {
      const { post, module, events } = await setUp();
      const { store } = module.get(QsCacheCore);
      for (const method of ['read', 'advance', 'remove', 'hold', 'touch', 'put'] as const) {
        vi.spyOn(store, method).mockRejectedValue(new Error('the store is down'));
      }
      await post(path).expect(201);
      expect(events).toContainEqual({ name: 'store:failed', operation: 'clear', error: expect.any(Error) });
    },
  );
});
