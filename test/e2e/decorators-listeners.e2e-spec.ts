import {
  type CallHandler,
  Controller,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  Post,
  RequestTimeoutException,
  Res,
  Sse,
  StreamableFile,
  UseInterceptors,
} from '@nestjs/common';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import {
  catchError,
  concat,
  defer,
  first,
  map,
  Observable,
  of,
  type OperatorFunction,
  race,
  repeat,
  retry,
  throwError,
  timeout,
  TimeoutError,
  timer,
} from 'rxjs';
import request from 'supertest';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { ClearCacheDetail, ClearCacheKeys } from '../../lib/index.js';
import { QsCacheCore } from '../../lib/qs-cache.core.js';
import { PlainExampleCacheManager } from '../fixtures/managers.js';
import { OutsideWrites } from '../fixtures/outside-writes.js';
import { sqljs } from '../fixtures/sqljs.js';
import { exampleApp } from '../support/example-app.js';

/** What interceptors between a handler and its client do with what they listen to. */
const listeners: Record<string, OperatorFunction<unknown, unknown>> = {
  patient: (source) => source,
  // Nest's documentation, "Response mapping: more operators".
  timeout: (source) =>
    source.pipe(
      timeout(20),
      catchError((error: unknown) =>
        throwError(() => (error instanceof TimeoutError ? new RequestTimeoutException() : error)),
      ),
    ),
  race: (source) => race(source, timer(20).pipe(map(() => 'faster'))),
  first: (source) => source.pipe(first()),
  retry: (source) => source.pipe(retry(2)),
  repeat: (source) => source.pipe(repeat(2)),
  cached: () => of('remembered'),
};

@Injectable()
class ListenInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const { query } = context.switchToHttp().getRequest<{ query: Record<string, string> }>();
    return next.handle().pipe(listeners[query['listener'] ?? 'patient']!);
  }
}

/** What the handlers and their test tell each other. */
@Injectable()
class Handling {
  calls = 0;
  open!: () => void;
  leave!: () => void;
  #reach!: () => void;
  readonly opened = new Promise<void>((resolve) => (this.open = resolve));
  readonly left = new Promise<void>((resolve) => (this.leave = resolve));
  readonly reached = new Promise<void>((resolve) => (this.#reach = resolve));

  reach() {
    this.calls++;
    this.#reach();
  }
}

@Controller()
@UseInterceptors(ListenInterceptor)
class ListenedController {
  constructor(
    private readonly outside: OutsideWrites,
    private readonly handling: Handling,
  ) {}

  async #late() {
    this.handling.reach();
    await this.handling.opened;
    return this.outside.change(1);
  }

  @Post('keys')
  @ClearCacheKeys(PlainExampleCacheManager)
  keys() {
    return this.#late();
  }

  @Post('detail')
  @ClearCacheDetail(PlainExampleCacheManager)
  detail() {
    return this.#late();
  }

  @Post('both')
  @ClearCacheKeys(PlainExampleCacheManager)
  @ClearCacheDetail(PlainExampleCacheManager)
  both() {
    return this.#late();
  }

  /** Nearer to the handler than the clearing: the other one listens in between. */
  @Post('within')
  @UseInterceptors(ListenInterceptor)
  @ClearCacheKeys(PlainExampleCacheManager)
  within() {
    return this.#late();
  }

  @Post('throws')
  @ClearCacheKeys(PlainExampleCacheManager)
  async throws(): Promise<never> {
    await this.#late();
    throw new Error('no');
  }

  @Post('fails-once')
  @ClearCacheKeys(PlainExampleCacheManager)
  async failsOnce() {
    const row = await this.#late();
    if (this.handling.calls === 1) throw new Error('again, please');
    return row;
  }

  @Post('file')
  @ClearCacheKeys(PlainExampleCacheManager)
  async file() {
    await this.#late();
    return new StreamableFile(Buffer.from('written'));
  }

  @Post('response')
  @ClearCacheKeys(PlainExampleCacheManager)
  async response(
    @Res() response: { headersSent?: boolean; sent?: boolean; send(body: string): unknown },
  ): Promise<void> {
    await this.#late();
    if (!response.headersSent && !response.sent) response.send('written');
  }

  @Post('synchronous')
  @ClearCacheKeys(PlainExampleCacheManager)
  async synchronous() {
    return of(await this.#late(), 'more');
  }

  /** A row, and then nothing for as long as somebody listens. */
  @Sse('stream')
  @ClearCacheDetail(PlainExampleCacheManager)
  stream(): Observable<unknown> {
    return concat(
      defer(() => this.#late()),
      this.#silence(),
    );
  }

  @Sse('silent')
  @ClearCacheDetail(PlainExampleCacheManager)
  async silent() {
    this.handling.reach();
    await this.outside.change(1);
    return this.#silence();
  }

  @Sse('nameless')
  @ClearCacheKeys(() => 'plain')
  nameless() {
    this.handling.reach();
    return this.#silence();
  }

  @Sse('aborted')
  @ClearCacheKeys(PlainExampleCacheManager)
  async aborted() {
    await this.#late();
    return this.#silence();
  }

  @Post('broken')
  @ClearCacheDetail(PlainExampleCacheManager)
  broken(): Observable<unknown> {
    return concat(
      defer(() => this.#late()),
      throwError(() => new Error('broken')),
    );
  }

  #silence() {
    return new Observable<never>((subscriber) => {
      subscriber.add(() => this.handling.leave());
    });
  }
}

const platforms: [string, () => AbstractHttpAdapter][] = [
  ['Express', () => new ExpressAdapter()],
  ['Fastify', () => new FastifyAdapter()],
];

/** Others of the event loop get their turn: what was to happen by itself has happened. */
async function turns() {
  for (let i = 0; i < 50; i++) await new Promise(setImmediate);
}

describe.each(platforms)('However its listener fares, a handler on %s clears when it ends', (_, platform) => {
  async function setUp() {
    const test = await exampleApp(sqljs, { controllers: [ListenedController], providers: [OutsideWrites, Handling] });
    const app = test.module.createNestApplication<NestFastifyApplication>(platform());
    await app.listen(0, '127.0.0.1');
    onTestFinished(() => app.close());
    const url = await app.getUrl();
    const plain = test.get(PlainExampleCacheManager);
    const handling = test.module.get(Handling, { strict: false });
    const cached = async () => ({ list: (await plain.all())[0]?.title, detail: (await plain.get(1)).title });
    expect(await cached()).toEqual({ list: 'one', detail: 'one' });
    const post = (path: string, listener: string) => request(url).post(`/${path}`).query({ listener });
    /** The handler goes on, and its write and the clearing with it. */
    const finish = async () => {
      handling.open();
      await turns();
      return cached();
    };
    const listen = (path: string) => {
      const asked = get(`${url}/${path}`, { agent: false });
      asked.on('error', () => undefined);
      return asked;
    };
    const failures = () => test.events.filter(({ name }) => name === 'clear:failed');
    return { ...test, url, post, handling, cached, finish, listen, failures };
  }

  it.each([
    ['keys', { list: 'changed' }],
    ['detail', { list: 'changed', detail: 'changed' }],
    ['both', { list: 'changed', detail: 'changed' }],
    ['within', { list: 'changed' }],
    ['file', { list: 'changed' }],
    ['response', { list: 'changed' }],
    ['synchronous', { list: 'changed' }],
  ])('POST /%s is heard although a timeout answered 408 before it wrote', async (path, expected) => {
    const { post, cached, finish } = await setUp();
    await post(path, 'timeout').expect(408);
    expect(await cached()).toEqual({ list: 'one', detail: 'one' });
    expect(await finish()).toMatchObject(expected);
  });

  it('is heard although another source won the race', async () => {
    const { post, finish } = await setUp();
    expect((await post('keys', 'race').expect(201)).text).toBe('faster');
    expect(await finish()).toMatchObject({ list: 'changed' });
  });

  it.each([
    ['keys', 'patient', { id: 1, title: 'changed' }],
    ['keys', 'first', { id: 1, title: 'changed' }],
    ['within', 'first', { id: 1, title: 'changed' }],
    ['synchronous', 'first', { id: 1, title: 'changed' }],
    ['synchronous', 'patient', 'more'],
  ])('POST /%s clears once for a listener that is %s', async (path, listener, expected) => {
    const { post, handling, cached, module } = await setUp();
    const advance = vi.spyOn(module.get(QsCacheCore).store, 'advance');
    handling.open();
    const { body, text } = await post(path, listener).expect(201);
    expect(typeof expected === 'string' ? text : body).toEqual(expected);
    await turns();
    expect(advance).toHaveBeenCalledTimes(1);
    expect(await cached()).toMatchObject({ list: 'changed' });
  });

  it('POST /response clears for one who waits, too', async () => {
    const { post, handling, cached } = await setUp();
    handling.open();
    expect((await post('response', 'patient').expect(201)).text).toBe('written');
    await turns();
    expect(await cached()).toMatchObject({ list: 'changed' });
  });

  it('clears nothing for a handler that rejects when nobody listens, and the process lives on', async () => {
    const { post, cached, finish } = await setUp();
    const rejections: unknown[] = [];
    const note = (reason: unknown) => void rejections.push(reason);
    process.on('unhandledRejection', note);
    onTestFinished(() => void process.off('unhandledRejection', note));
    await post('throws', 'timeout').expect(408);
    expect(await finish()).toEqual({ list: 'one', detail: 'one' });
    expect(await cached()).toEqual({ list: 'one', detail: 'one' });
    expect(rejections).toEqual([]);
  });

  it('clears for the attempt that succeeds, and for every repetition', async () => {
    const { post, handling, cached } = await setUp();
    handling.open();
    await post('fails-once', 'retry').expect(201);
    expect(handling.calls).toBe(2);
    expect(await cached()).toMatchObject({ list: 'changed' });
    await post('keys', 'repeat').expect(201);
    expect(handling.calls).toBe(4);
  });

  it('clears nothing for a handler that was never asked', async () => {
    const { post, handling, finish, statements, cached } = await setUp();
    await post('keys', 'cached').expect(201);
    await finish();
    expect(handling.calls).toBe(0);
    expect((await statements.during<unknown>(cached)).statements).toEqual([]);
  });

  it('clears every detail when the client leaves a stream that never emits again, and keeps no subscription', async () => {
    const { listen, handling, cached, failures } = await setUp();
    handling.open();
    const asked = listen('stream');
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    await once(response, 'data');
    expect(await cached()).toMatchObject({ detail: 'one' });
    response.destroy();
    await handling.left;
    await turns();
    expect(await cached()).toMatchObject({ detail: 'changed' });
    expect(failures()).toEqual([]);
  });

  it('clears every detail when the client leaves a stream that never emitted', async () => {
    const { listen, handling, cached } = await setUp();
    const asked = listen('silent');
    await handling.reached;
    await turns();
    asked.destroy();
    await handling.left;
    await turns();
    expect(await cached()).toMatchObject({ detail: 'changed' });
  });

  it('says so when a stream is cut short before it could tell the keys', async () => {
    const { listen, handling, failures } = await setUp();
    const asked = listen('nameless');
    await handling.reached;
    await turns();
    asked.destroy();
    await handling.left;
    await turns();
    expect(failures()).toMatchObject([
      { handler: 'ListenedController.nameless', error: { message: expect.stringMatching(/cut short before/) } },
    ]);
  });

  it('clears when the client was gone before the handler resolved to its stream', async () => {
    const { listen, handling, finish } = await setUp();
    const asked = listen('aborted');
    await handling.reached;
    asked.destroy();
    await turns();
    expect(await finish()).toMatchObject({ list: 'changed' });
  });

  it('clears every detail when a stream breaks after an item: what it wrote since nobody knows', async () => {
    const { post, handling, cached, failures } = await setUp();
    handling.open();
    await post('broken', 'patient').expect(500);
    expect(await cached()).toMatchObject({ detail: 'changed' });
    expect(failures()).toEqual([]);
  });
});
