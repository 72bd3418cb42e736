import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** Stands before PostgreSQL as a pooler with a database alias does: clients ask for the alias, the server is asked for its own name. */
export async function renamingPooler(
  target: { readonly host: string; readonly port?: number; readonly database: string },
  { alias }: { readonly alias: string },
): Promise<{ readonly port: number }> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect({ host: target.host, port: target.port ?? 5432 });
    for (const socket of [client, upstream]) sockets.add(socket.on('error', () => undefined));
    // The startup packet is the first thing a client says: its length, the protocol's version, then names and values.
    client.once('data', (startup) => {
      const parameters = startup
        .subarray(8)
        .toString('utf8')
        .replace(`database\0${alias}\0`, `database\0${target.database}\0`);
      const body = Buffer.from(parameters, 'utf8');
      const header = Buffer.from(startup.subarray(0, 8));
      header.writeInt32BE(header.length + body.length, 0);
      upstream.write(Buffer.concat([header, body]));
      client.pipe(upstream);
    });
    upstream.pipe(client);
    upstream.on('close', () => client.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port };
}
