import {
  type CallHandler,
  Controller,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  UseInterceptors,
} from '@nestjs/common';
import { ExternalContextCreator } from '@nestjs/core';
import { ClientProxyFactory, MessagePattern, Transport } from '@nestjs/microservices';
import type { AddressInfo, Server } from 'node:net';
import { concat, defer, lastValueFrom, NEVER, type Observable, timeout, toArray } from 'rxjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ClearCacheDetail, ClearCacheKeys, type HandlerResult } from '../../lib/index.js';
import { PlainExampleCacheManager } from '../fixtures/managers.js';
import { OutsideWrites } from '../fixtures/outside-writes.js';
import { sqljs } from '../fixtures/sqljs.js';
import { exampleApp } from '../support/example-app.js';
import type { TestApp } from '../support/test-app.js';

const handled: string[] = [];
const keyOf = ({ context, result }: HandlerResult) => {
  handled.push(`${context.getType<string>()} ${context.getClass().name}.${context.getHandler().name}`);
  return `plain_${(result as { id: number }).id}`;
};

@Injectable()
class TimeoutInterceptor implements NestInterceptor {
  intercept(_: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(timeout(20));
  }
}

/** Lets the handlers that are late go on. */
let goOn: () => void;
let gone: Promise<void>;

/** The same handlers, as messages and as a resolver. */
@Injectable()
@Controller()
class Clearing {
  constructor(private readonly outside: OutsideWrites) {}

  @MessagePattern('keys')
  @ClearCacheKeys(PlainExampleCacheManager)
  keys() {
    return this.outside.change(1);
  }

  @MessagePattern('result')
  @ClearCacheKeys(keyOf)
  result() {
    return this.outside.change(1);
  }

  @MessagePattern('detail')
  @ClearCacheDetail(PlainExampleCacheManager)
  detail() {
    return this.outside.change(1);
  }

  @MessagePattern('stream')
  @ClearCacheKeys(keyOf)
  stream(): Observable<{ id: number }> {
    return concat(
      defer(() => this.outside.change(1)),
      defer(() => this.outside.change(2)),
    );
  }

  @MessagePattern('late')
  @ClearCacheKeys(PlainExampleCacheManager)
  @UseInterceptors(TimeoutInterceptor)
  async late() {
    await gone;
    return this.outside.change(1);
  }

  @MessagePattern('stuck')
  @ClearCacheDetail(PlainExampleCacheManager)
  @UseInterceptors(TimeoutInterceptor)
  stuck(): Observable<{ id: number }> {
    return concat(
      defer(() => this.outside.change(1)),
      NEVER,
    );
  }

  @MessagePattern('fieldless')
  @ClearCacheDetail(PlainExampleCacheManager, { field: 'pk' })
  fieldless() {
    return this.outside.change(1);
  }

  @MessagePattern('throws')
  @ClearCacheKeys(PlainExampleCacheManager)
  async throws(): Promise<never> {
    await this.outside.change(1);
    throw new Error('no');
  }
}

type Call = (name: string) => Promise<unknown[]>;

/** Over TCP, as @nestjs/microservices does it. */
async function overTcp({ module }: TestApp): Promise<Call> {
  const options = { host: '127.0.0.1', port: 0 };
  const app = module.createNestMicroservice({ transport: Transport.TCP, options });
  await app.listen();
  onTestFinished(() => app.close());
  const { port } = app.unwrap<Server>().address() as AddressInfo;
  const client = ClientProxyFactory.create({ transport: Transport.TCP, options: { ...options, port } });
  onTestFinished(() => void client.close());
  return (name) => lastValueFrom(client.send<unknown>(name, {}).pipe(toArray()));
}

/** As @nestjs/graphql runs a resolver: called with root, arguments, context and info, outside of any request of Nest's. */
async function asResolver({ module, get }: TestApp): Promise<Call> {
  const creator = get(ExternalContextCreator);
  const resolver = module.get(Clearing, { strict: false });
  return async (name) => {
    const method = resolver[name as keyof Clearing] as () => unknown;
    const resolve = creator.create(
      resolver as never,
      method,
      name,
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
      'graphql',
    );
    return [await resolve({}, {}, {}, {})];
  };
}

describe.each([
  ['an RPC context', 'rpc', overTcp, 'controllers'],
  ['a GraphQL context', 'graphql', asResolver, 'providers'],
] as const)('The clear-cache decorators in %s', (_, type, connect, kind) => {
  async function setUp() {
    const app = await exampleApp(sqljs, {
      providers: [OutsideWrites],
      ...(kind === 'controllers' ? { controllers: [Clearing] } : { providers: [OutsideWrites, Clearing] }),
    });
    const call = await connect(app);
    const plain = app.get(PlainExampleCacheManager);
    const reads = { list: () => plain.all(), plain_1: () => plain.get(1), plain_2: () => plain.get(2) };
    /** Which entries `name` made stale by the time its answer came. */
    const cleared = async (name: string) => {
      for (const read of Object.values(reads)) await read();
      const answer = await call(name).catch((error: unknown) => [error]);
      const gone: string[] = [];
      for (const [key, read] of Object.entries(reads)) {
        if ((await app.statements.during<unknown>(read)).statements.length) gone.push(key);
      }
      return { answer, gone };
    };
    handled.length = 0;
    gone = new Promise((resolve) => (goOn = resolve));
    return { ...app, cleared };
  }

  it('clear after success and pass the result through', async () => {
    const { cleared } = await setUp();
    const row = { id: 1, title: 'changed' };
    expect(await cleared('keys')).toEqual({ answer: [row], gone: ['list'] });
    expect(await cleared('result')).toEqual({ answer: [row], gone: ['plain_1'] });
    expect(await cleared('detail')).toEqual({ answer: [row], gone: ['list', 'plain_1'] });
    expect(handled).toEqual([`${type} Clearing.result`]);
  });

  it('clear for all that a stream emitted', async () => {
    const { cleared } = await setUp();
    const { answer, gone } = await cleared('stream');
    expect(answer.at(-1)).toEqual({ id: 2, title: 'changed' });
    expect(gone).toEqual(['plain_1', 'plain_2']);
  });

  it('clear for a handler that writes after a timeout gave up', async () => {
    const { cleared, get } = await setUp();
    const { answer, gone: before } = await cleared('late');
    expect(answer).toEqual([expect.objectContaining({ message: expect.any(String) })]);
    expect(before).toEqual([]);
    goOn();
    for (let i = 0; i < 50; i++) await new Promise(setImmediate);
    expect((await get(PlainExampleCacheManager).all())[0]?.title).toBe('changed');
  });

  it('clear every detail when a timeout cuts a stream short', async () => {
    const { cleared, events } = await setUp();
    const { gone: stale } = await cleared('stuck');
    expect(stale).toEqual(['plain_1', 'plain_2']);
    expect(events.map(({ name }) => name)).not.toContain('clear:failed');
  });

  it('clear nothing when the handler throws', async () => {
    const { cleared, events } = await setUp();
    const { answer, gone } = await cleared('throws');
    expect(answer).toEqual([expect.objectContaining({ message: expect.any(String) })]);
    expect(gone).toEqual([]);
    expect(events.map(({ name }) => name)).not.toContain('clear:failed');
  });

  it('succeed although the result has no field, clear every detail and say so', async () => {
    const { cleared, events } = await setUp();
    const { answer, gone } = await cleared('fieldless');
    expect(answer).toEqual([{ id: 1, title: 'changed' }]);
    expect(gone).toEqual(['plain_1', 'plain_2']);
    expect(events).toContainEqual(expect.objectContaining({ name: 'clear:failed', handler: 'Clearing.fieldless' }));
  });
});
