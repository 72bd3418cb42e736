import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import type { FromNetwork, ToNetwork } from './network.js';

// A thread of its own, so that nobody's work but the network's is between a process and Redis.

const { host, port } = workerData as { host: string; port: number };
const connections = new Map<number, Set<Socket>>();
const tell = (message: FromNetwork) => parentPort!.postMessage(message);

function open(way: number, delayMs: number): void {
  const sockets = new Set<Socket>();
  connections.set(way, sockets);
  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ host, port, noDelay: true });
    pass(client, upstream, delayMs);
    pass(upstream, client, 0);
  }).listen(0, '127.0.0.1', () => tell({ way, port: (server.address() as AddressInfo).port }));

  function pass(from: Socket, to: Socket, delay: number): void {
    sockets.add(from);
    from.on('error', () => undefined);
    // Timers of one length fire in the order they were set.
    from.on('data', (data) => (delay ? setTimeout(() => to.write(data), delay) : to.write(data)));
    from.on('close', () => {
      sockets.delete(from);
      to.destroy();
    });
  }
}

parentPort!.on('message', (message: ToNetwork) => {
  if ('reset' in message) for (const socket of connections.get(message.reset) ?? []) socket.resetAndDestroy();
  else open(message.way, message.delayMs);
});
