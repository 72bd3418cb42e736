import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import type { FromNetwork, ToNetwork, Way } from './network.js';

// A thread of its own, so that nobody's work but the network's is between a process and Redis.

const { host, port } = workerData as { host: string; port: number };
const connections = new Map<number, Set<Socket>>();
const tell = (message: FromNetwork) => parentPort!.postMessage(message);

function open(way: number, { delayMs, bytesPerMs }: Way): void {
  const sockets = new Set<Socket>();
  connections.set(way, sockets);
  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ host, port, noDelay: true });
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
    // What is sent and not yet heard is what makes reads stale: only the way there is long or narrow.
    client.on('data', (data) => {
      // Timers of one length fire in the order they were set.
      if (delayMs) setTimeout(() => upstream.write(data), delayMs);
      else upstream.write(data);
      if (!bytesPerMs) return;
      client.pause();
      setTimeout(() => client.resume(), data.length / bytesPerMs);
    });
    upstream.on('data', (data) => client.write(data));
  }).listen(0, '127.0.0.1', () => tell({ way, port: (server.address() as AddressInfo).port }));
}

parentPort!.on('message', (message: ToNetwork) => {
  if ('reset' in message) for (const socket of connections.get(message.reset) ?? []) socket.resetAndDestroy();
  else open(message.way, message.like);
});
