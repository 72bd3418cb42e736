import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { freePort, Proxy, type RedisServer } from './redis-server.js';

/** A way to Redis, and the trouble it gets into. */
export interface RedisTrouble {
  readonly url: string;
  bring(): Promise<unknown> | void;
}

/** Everything a Redis can do to an application that wants to close; `bring` comes after the application has started. */
export const redisTroubles: Record<string, (server: RedisServer) => Promise<RedisTrouble>> = {
  'is in order': async (server) => through(await proxied(server), () => undefined),
  'was never there': async () => through({ port: await freePort() }, () => undefined),
  'never answers': async () => through(await listener(() => undefined), () => undefined),
  'knows another password': async (server) => ({
    url: `redis://nobody:wrong@127.0.0.1:${server.port}`,
    bring: () => undefined,
  }),
  'wants a password': async () => through(await listener(refusing('NOAUTH Authentication required.')), () => undefined),
  'is loading': async () =>
    through(await listener(refusing('LOADING Redis is loading the dataset in memory')), () => undefined),
  'refuses connections': async (server) => {
    const proxy = await proxied(server);
    return through(proxy, () => proxy.cut());
  },
  'answers nothing any more': async (server) => {
    const proxy = await proxied(server);
    return through(proxy, () => proxy.block());
  },
  'is suspended': async (server) =>
    through(server, async () => {
      const pid = Number(/process_id:(\d+)/.exec(await server.admin.info('server'))![1]);
      onTestFinished(() => void process.kill(pid, 'SIGCONT'));
      process.kill(pid, 'SIGSTOP');
    }),
  'runs a long script': async (server) =>
    through(server, async () => {
      await server.admin.config('SET', 'busy-reply-threshold', '1');
      const runner = server.admin.duplicate();
      runner.on('error', () => undefined);
      const running = runner.eval('while true do end', 0).catch(() => undefined);
      onTestFinished(async () => {
        await server.admin.script('KILL');
        await running;
        runner.disconnect();
      });
      while (
        await server.admin.ping().then(
          () => true,
          () => false,
        )
      );
    }),
};

const through = ({ port }: { readonly port: number }, bring: RedisTrouble['bring']): RedisTrouble => ({
  url: `redis://127.0.0.1:${port}`,
  bring,
});

async function proxied(server: RedisServer): Promise<Proxy> {
  const proxy = await Proxy.to(server.port);
  onTestFinished(() => proxy.cut());
  return proxy;
}

/** Takes every connection, and says to each command what it is told to. */
async function listener(answer: (socket: Socket, commands: number) => void): Promise<{ readonly port: number }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    socket.on('data', (chunk) => answer(socket, chunk.toString('latin1').match(/\*\d+\r\n\$/g)?.length ?? 0));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port };
}

const refusing = (reason: string) => (socket: Socket, commands: number) =>
  void socket.write(`-${reason}\r\n`.repeat(commands));
