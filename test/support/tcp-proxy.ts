import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export interface TcpProxy {
  readonly port: number;
  /** The next request that contains the text arrives, and its reply does not: the client sees its connection end. */
  loseReplyTo(text: string): void;
  /** The next request that contains the text stays under way, and the client sees its connection end; the result lets it arrive. */
  delay(text: string): () => void;
  /** Ends every connection, and each new one at once, or lets nobody connect; the result mends it. */
  cut(how: 'ends' | 'refuses'): Promise<() => Promise<void>>;
}

/** Stands between a client and a server, and fails as networks do. */
export async function createTcpProxy(target: { readonly host: string; readonly port: number }): Promise<TcpProxy> {
  let lost: string | undefined;
  let delayed: { text: string; arrived: Promise<void> } | undefined;
  let isCut = false;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    if (isCut) return void client.on('error', () => undefined).destroy();
    const upstream = connect(target);
    for (const socket of [client, upstream]) sockets.add(socket.on('error', () => undefined));
    let isLosing = false;
    client.on('data', (request) => {
      isLosing ||= lost !== undefined && request.includes(lost);
      if (!delayed || !request.includes(delayed.text)) return upstream.write(request);
      const { arrived } = delayed;
      delayed = undefined;
      void arrived.then(() => upstream.write(request));
      return client.destroy();
    });
    upstream.on('data', (reply) => {
      if (!isLosing) return client.write(reply);
      lost = undefined;
      return client.destroy();
    });
    client.on('end', () => upstream.end());
    upstream.on('close', () => client.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    port,
    cut: async (how) => {
      isCut = true;
      for (const socket of sockets) socket.destroy();
      sockets.clear();
      if (how === 'refuses') await new Promise((resolve) => server.close(resolve));
      return async () => {
        isCut = false;
        if (how === 'refuses') await once(server.listen(port, '127.0.0.1'), 'listening');
      };
    },
    loseReplyTo: (text) => {
      lost = text;
    },
    delay: (text) => {
      let arrive!: () => void;
      const arrived = new Promise<void>((resolve) => (arrive = resolve));
      delayed = { text, arrived };
      return arrive;
    },
  };
}
