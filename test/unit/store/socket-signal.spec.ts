import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { SocketSignal } from '../../../lib/store/socket-signal.js';

async function listening(): Promise<number> {
  const server = createServer((socket) => void socket.on('error', () => undefined)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

/** Of one that ends with an error as well. */
const closed = (socket: Socket) => new Promise<void>((resolve) => void socket.on('close', () => resolve()));

describe('SocketSignal', () => {
  const dial = (port: number, signal: SocketSignal) =>
    connect({ port, host: '127.0.0.1', signal: signal as unknown as AbortSignal } as never).on(
      'error',
      () => undefined,
    );

  it('ends a socket that is being made', async () => {
    const port = await listening();
    const unwanted = new AbortController();
    const socket = dial(port, new SocketSignal(unwanted.signal));
    await once(socket, 'connect');
    unwanted.abort();
    await closed(socket);
    expect(socket.destroyed).toBe(true);
  });

  it('ends one that is made too late', async () => {
    const port = await listening();
    const unwanted = new AbortController();
    const signal = new SocketSignal(unwanted.signal);
    unwanted.abort();
    await closed(dial(port, signal));
  });

  it('remembers some of the newest of many that were closed', async () => {
    const port = await listening();
    const signal = new SocketSignal(new AbortController().signal);
    for (let n = 0; n < 200; n++) {
      const socket = dial(port, signal);
      await once(socket, 'connect');
      socket.destroy();
    }
    expect(signal.size).toBeGreaterThan(0);
    expect(signal.size).toBeLessThanOrEqual(64);
  });
});
