import type { CacheEvents } from '../events/cache-events.js';
import type { AsOf } from './as-of.js';
import type { Fills } from './fills.js';
import { Flight, Flights, type Seat } from './flights.js';
import type { Loaded, Loads, ReadRequest } from './read-request.js';

/**
 * One load for everybody who asks for the same and must see the same writes. Whoever joins decodes a copy of their own; where that cannot
 * be, or the load takes too long, they load for themselves.
 */
export class SingleFlight {
  readonly #flights = new Flights<Loaded<unknown>>();

  constructor(
    private readonly events: CacheEvents,
    private readonly fills: Fills,
    private readonly overdueMs: number,
  ) {}

  /** Joins the loads that are under way, and leads one for all the other requests. Without an as-of what is loaded is not stored. */
  async load<T>(requests: readonly ReadRequest<T>[], loads: Loads<T>, asOf: AsOf | undefined): Promise<T[]> {
    const joined = new Map<ReadRequest<T>, Promise<T>>();
    for (const request of requests) {
      const seat = loads.isNested ? undefined : this.#seat(request, loads, asOf);
      if (seat) joined.set(request, this.#join(request, seat, loads, asOf));
    }
    const led = joined.size ? requests.filter((request) => !joined.has(request)) : requests;
    const own = led.length ? this.#lead(led, loads, asOf) : [];
    led.forEach((request, i) => joined.set(request, own[i]!));
    return Promise.all(requests.map((request) => joined.get(request)!));
  }

  /** Leads a load for whoever comes next, of what nobody loads yet; rejects with what becomes of it. */
  async renew<T>(requests: readonly ReadRequest<T>[], loads: Loads<T>, asOf: AsOf): Promise<void> {
    const led = requests.filter((request) => !this.#seat(request, loads, asOf));
    if (led.length) await Promise.all(this.#lead(led, loads, asOf));
  }

  /** A place in a load that sees every write this reader must see. */
  #seat<T>(request: ReadRequest<T>, loads: Loads<T>, asOf: AsOf | undefined): Seat<Loaded<T>> | undefined {
    const seat = this.#flights.find(flightName(request, loads, asOf)) as Seat<Loaded<T>> | undefined;
    return asOf || !seat?.flight.hasBegun ? seat : undefined;
  }

  /** A copy of somebody else's load, or of one's own where that takes too long. */
  #join<T>(
    request: ReadRequest<T>,
    { flight, number }: Seat<Loaded<T>>,
    loads: Loads<T>,
    asOf: AsOf | undefined,
  ): Promise<T> {
    let isAnswered = false;
    let isOverdue = false;
    const another = flight.overdue.then(async () => {
      isOverdue = true;
      // Either will do, and the first one to come may be the one that is late.
      return isAnswered ? undefined : (await this.load([request], loads, asOf))[0];
    }) as Promise<T>;
    another.catch(() => undefined);
    const copy = this.#copy(request, flight, number, loads).then(
      (value) => {
        isAnswered = true;
        return value;
      },
      // What became of a dead connection says nothing of the next one.
      (error: unknown) => (isOverdue ? another : Promise.reject(error as Error)),
    );
    return Promise.race([copy, another]);
  }

  /** A copy of somebody else's load; where it cannot be copied, a load of one's own. */
  async #copy<T>(request: ReadRequest<T>, flight: Flight<Loaded<T>>, number: number, loads: Loads<T>): Promise<T> {
    const isLate = flight.hasBegun;
    const { payload, skipped } = (await flight.landed)[number]!;
    // What is not to be stored is good for those only who could have loaded it themselves.
    if (isLate && skipped && payload !== undefined) return (await this.load([request], loads, undefined))[0]!;
    try {
      if (payload !== undefined) {
        const value = request.decode(payload, false);
        this.events.emit({ name: 'load:joined', key: request.key });
        return value;
      }
    } catch {
      // Whoever loaded it has said so.
    }
    return this.#lead([request], loads, undefined, [])[0]!;
  }

  #lead<T>(
    requests: readonly ReadRequest<T>[],
    loads: Loads<T>,
    asOf: AsOf | undefined,
    names = requests.map((request) => flightName(request, loads, asOf)),
  ): Promise<T>[] {
    const withdraw = () => this.#flights.withdraw(names, flight);
    const flight: Flight<Loaded<T>> = new Flight(() => loads.load(requests), {
      limit: loads.isNested ? undefined : loads.limit,
      overdueMs: this.overdueMs,
      begins: () => asOf ?? withdraw(),
      isOverdue: withdraw,
    });
    this.#flights.offer(names, flight);
    // Until it is stored, so that nobody who comes between load and store loads again.
    if (asOf) void flight.landed.then((loaded) => this.fills.add(requests, loaded, asOf)).then(withdraw, withdraw);
    return requests.map(async (request, i) => this.#own(request, (await flight.landed)[i]!));
  }

  /** A hit and a miss cannot differ: both are decoded, unless that fails. */
  #own<T>(request: ReadRequest<T>, { own, payload }: Loaded<T>): T {
    if (payload === undefined) return own;
    try {
      return request.decode(payload, false);
    } catch (error) {
      this.events.emit({ name: 'entry:corrupt', key: request.key, error });
      return own;
    }
  }
}

/** Another limit is another pool: what waits in one that has ended may wait for ever. */
function flightName(
  { key, fingerprint }: ReadRequest<unknown>,
  { limit }: Pick<Loads<unknown>, 'limit'>,
  asOf: AsOf | undefined,
): string {
  return JSON.stringify([key, fingerprint, limit?.id, asOf?.name]);
}
