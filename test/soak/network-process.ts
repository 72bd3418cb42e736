import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { Link } from './link.js';
import type { FromNetwork, ToNetwork, Way } from './network.js';
import type { Outage } from './outage.js';

// A process of its own, so that nobody's work but the network's is between a process and Redis; and not a thread, which does not always
// end while connections are being reset.

const host = process.argv[2]!;
const port = Number(process.argv[3]);
const tell = (message: FromNetwork) => process.send!(message);
const PORT_TAKEN_MS = 50;

/** A port that leads to Redis. */
class Passage {
  readonly #links = new Set<Link>();
  #server: Server | undefined;
  #port = 0;
  #outage: Outage | undefined;

  constructor(
    private readonly way: Way,
    private readonly opened: (port: number) => void,
  ) {
    this.#listen();
  }

  reset(): void {
    for (const link of this.#links) link.reset();
  }

  suffer(outage: Outage): void {
    this.#outage = outage;
    if (outage === 'refused') {
      this.#server?.close();
      this.#server = undefined;
    }
    for (const link of this.#links) link.suffer(outage);
  }

  heal(resets: boolean): void {
    this.#outage = undefined;
    if (!this.#server) this.#listen();
    if (resets) this.reset();
    else for (const link of this.#links) link.heal();
  }

  #listen(): void {
    const server = createServer({ noDelay: true }, (client) => {
      const upstream = connect({ host, port, noDelay: true });
      this.#links.add(new Link(client, upstream, this.way, this.#outage, (link) => this.#links.delete(link)));
    });
    this.#server = server;
    // A connection of somebody else may have taken the port meanwhile, as its own end.
    server.on('error', () => setTimeout(() => this.#server === server && this.#listen(), PORT_TAKEN_MS));
    server.listen(this.#port, '127.0.0.1', () => {
      this.#port = (server.address() as AddressInfo).port;
      this.opened(this.#port);
    });
  }
}

const passages = new Map<number, Passage>();

process.on('disconnect', () => process.exit());
process.on('message', (message: ToNetwork) => {
  const { way } = message;
  if ('like' in message) passages.set(way, new Passage(message.like, (opened) => tell({ way, port: opened })));
  else if ('outage' in message) passages.get(way)?.suffer(message.outage);
  else if ('heals' in message) passages.get(way)?.heal(message.heals === 'with a reset');
  else passages.get(way)?.reset();
});
