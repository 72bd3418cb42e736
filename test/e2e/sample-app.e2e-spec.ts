import type { INestApplication } from '@nestjs/common';
import { type AbstractHttpAdapter, NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { randomUUID } from 'node:crypto';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { QsCacheCore } from '../../lib/qs-cache.core.js';
import { AppModule, type Settings } from '../../sample-app/app.module.js';
import { describeDatabases } from '../support/databases.js';
import { describeWith } from '../support/services.js';
import { newDatabaseUrl } from './sample-app-database.js';

const platforms: [string, () => AbstractHttpAdapter][] = [
  ['Express', () => new ExpressAdapter()],
  ['Fastify', () => new FastifyAdapter()],
];

describe.each(platforms)('The sample app on %s', (_, platform) => {
  describeDatabases('with', (database) => {
    if (database.name === 'sqljs') behaviour(platform, async () => ({}));
    else {
      describeWith('redis', 'and Redis', (REDIS_URL) => {
        const settings = async () => ({ DATABASE_URL: await newDatabaseUrl(database), REDIS_URL });
        behaviour(platform, settings);

        it('answers from what another of its processes cached, until either writes', async () => {
          const shared = { CACHE_NAMESPACE: `test-${randomUUID()}`, ...(await settings()) };
          const one = await listening(platform(), shared);
          onTestFinished(() => one.close());
          const other = await listening(platform(), shared);
          onTestFinished(() => other.close());

          const first = await request(await one.getUrl())
            .get('/examples/1')
            .expect(200);
          await one.get(QsCacheCore).readThrough.settled();
          const second = await request(await other.getUrl())
            .get('/examples/1')
            .expect(200);
          expect([first, second].map(({ headers }) => headers['x-queries'])).toEqual(['2', '0']);
          expect(second.body).toEqual(first.body);

          await request(await other.getUrl())
            .patch('/examples/1')
            .send({ title: 'changed' })
            .expect(200);
          const { body } = await request(await one.getUrl())
            .get('/examples/1')
            .expect(200);
          expect(body).toMatchObject({ title: 'changed' });
        });
      });
    }
  });
});

function behaviour(platform: () => AbstractHttpAdapter, settings: () => Promise<Settings>): void {
  let app: INestApplication;
  let url: string;

  beforeAll(async () => {
    app = await listening(platform(), { CACHE_NAMESPACE: `test-${randomUUID()}`, ...(await settings()) });
    url = await app.getUrl();
  });

  afterAll(() => app?.close());

  it('reads a list and a detail with 2 queries the first time and none after', async () => {
    const { id } = await created('read');
    for (const path of ['/examples', '/examples?active=true', `/examples/${id}`]) await makeStaleAndRead(id, path);
  });

  it('shows a created example in the lists', async () => {
    await read('/examples');
    await read('/examples?active=true');
    const { id } = await created('new');
    expect(await titlesOf('/examples')).toContainEqual([id, 'new']);
    expect(await titlesOf('/examples?active=true')).toContainEqual([id, 'new']);
  });

  it.each(['put', 'patch'] as const)('shows what a %s changed, in the detail and the lists', async (method) => {
    const { id } = await created('old');
    const paths = ['/examples', '/examples?active=true', `/examples/${id}`];
    for (const path of paths) await read(path);

    const { body } = await request(url)
      [method](`/examples/${id}`)
      .send({ title: 'changed', isActive: false })
      .expect(200);
    expect(body).toMatchObject({ id, title: 'changed', isActive: false });

    expect(await titlesOf('/examples')).toContainEqual([id, 'changed']);
    expect((await titlesOf('/examples?active=true')).map(([other]) => other)).not.toContain(id);
    expect((await read(`/examples/${id}`)).body).toEqual(body);
  });

  it('leaves alone what a patch does not name', async () => {
    const { id } = await created('kept');
    await request(url).patch(`/examples/${id}`).send({}).expect(200);
    expect((await read(`/examples/${id}`)).body).toMatchObject({ title: 'kept', isActive: true });
  });

  it('makes whoever asks the owner of what they create', async () => {
    const { body } = await request(url).post('/examples').set('x-user', 'mojix').send({ title: 'mine' }).expect(201);
    expect(body).toMatchObject({ user: { username: 'mojix' }, users: [] });
    await request(url).post('/examples').set('x-user', 'nobody').send({ title: 'mine' }).expect(401);
  });

  it.each([
    ['post', '/examples', {}, 'title'],
    ['post', '/examples', { title: 'x', isActive: 'yes' }, 'isActive'],
    ['put', '/examples/1', { title: 'x', titel: 'y' }, 'titel'],
    ['patch', '/examples/1', { title: null }, 'title'],
  ] as const)('refuses a %s to %s of %j with a 400 that names %s', async (method, path, body, field) => {
    const response = await request(url)[method](path).send(body).expect(400);
    expect((response.body as { message: string[] }).message).toEqual([expect.stringContaining(`${field} `)]);
    expect(response.headers['x-queries']).toBe('0');
  });

  it('answers 404 where there is no row, and 400 to what is no number', async () => {
    await request(url)
      .get('/examples/404404')
      .expect(404, { statusCode: 404, error: 'Not Found', message: 'Example not found' });
    await request(url).put('/examples/404404').send({ title: 'x' }).expect(404);
    await request(url).get('/examples/one').expect(400);
  });

  it('shows a private example to its owner only, cached or not', async () => {
    const { body } = await request(url).get('/examples').set('x-user', 'mojix').expect(200);
    const { id } = (body as { id: number; isPrivate: boolean }[]).find(({ isPrivate }) => isPrivate)!;

    await request(url).patch(`/examples/${id}`).set('x-user', 'mojix').send({}).expect(200);
    const miss = await request(url).get(`/examples/${id}`).expect(403);
    const hit = await request(url).get(`/examples/${id}`).set('x-user', 'ana').expect(403);
    const owners = await request(url).get(`/examples/${id}`).set('x-user', 'mojix').expect(200);
    expect([miss, hit, owners].map(({ headers }) => headers['x-queries'])).toEqual(['2', '0', '0']);

    await request(url).put(`/examples/${id}`).set('x-user', 'ana').send({ title: 'mine now' }).expect(403);
    expect((await titlesOf('/examples')).map(([other]) => other)).not.toContain(id);
  });

  async function created(title: string): Promise<{ id: number }> {
    const { body } = await request(url).post('/examples').send({ title }).expect(201);
    return body as { id: number };
  }

  async function read(path: string) {
    return request(url).get(path).expect(200);
  }

  async function titlesOf(path: string): Promise<[id: number, title: string][]> {
    const { body } = await read(path);
    return (body as { id: number; title: string }[]).map(({ id, title }) => [id, title]);
  }

  async function makeStaleAndRead(id: number, path: string): Promise<void> {
    await request(url).patch(`/examples/${id}`).send({}).expect(200);
    const reads = [await read(path), await read(path), await read(path)];
    expect(reads.map(({ headers }) => headers['x-queries'])).toEqual(['2', '0', '0']);
    expect(reads[1]!.body).toEqual(reads[0]!.body);
  }
}

async function listening(platform: AbstractHttpAdapter, settings: Settings): Promise<INestApplication> {
  const app = await NestFactory.create(AppModule.register(settings), platform, {
    logger: ['error'],
    abortOnError: false,
  });
  await app.listen(0, '127.0.0.1');
  return app;
}
