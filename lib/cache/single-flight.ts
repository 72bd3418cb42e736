import type { CacheEvents } from '../events/cache-events.js';
import type { Budget } from '../store/cache-store.js';
import type { AsOf } from './as-of.js';
import { endOfTurn } from './end-of-turn.js';
import type { Fills } from './fills.js';
import { Flight, Flights, fly } from './flights.js';
import type { Loaded, Loads, ReadRequest } from './read-request.js';
import type { Found, Turns } from './turns.js';

/** What a load has brought, or what another process has stored. */
type Landed<T> = (Loaded<T> & { readonly isStored?: undefined }) | Found<T>;

/** A request whose flight its reader leads. */
interface Led<T> {
  readonly request: ReadRequest<T>;
  readonly name: string;
  readonly flight: Flight<Landed<T>>;
}

/**
 * One load for everybody who asks for the same and must see the same writes. Whoever joins decodes a copy of their own; where that cannot
 * be, or the load takes too long, they load for themselves.
 */
export class SingleFlight {
  readonly #flights = new Flights<Landed<unknown>>();

  constructor(
    private readonly events: CacheEvents,
    private readonly fills: Fills,
    private readonly turns: Turns,
    private readonly overdueMs: number,
  ) {}

  /**
   * Joins the loads that are under way, and leads one for all the other requests. Without an as-of what is loaded is not stored.
   *
   * @param budget for how long to wait for loads of other processes. Default: not at all.
   */
  async load<T>(
    requests: readonly ReadRequest<T>[],
    loads: Loads<T>,
    asOf: AsOf | undefined,
    budget?: Budget,
  ): Promise<T[]> {
    const joined = new Map<ReadRequest<T>, Promise<T>>();
    for (const request of requests) {
      const flight = loads.isNested ? undefined : this.#find(request, loads, asOf);
      if (flight) joined.set(request, this.#join(request, flight, loads, asOf));
    }
    const led = joined.size ? requests.filter((request) => !joined.has(request)) : requests;
    const own = led.length ? this.#lead(led, loads, asOf, budget) : [];
    led.forEach((request, i) => joined.set(request, own[i]!));
    return Promise.all(requests.map((request) => joined.get(request)!));
  }

  /**
   * Leads a load for whoever comes next, of what nobody loads yet; rejects with what becomes of it.
   *
   * @param budget for how long to wait for loads of other processes
   */
  async renew<T>(requests: readonly ReadRequest<T>[], loads: Loads<T>, asOf: AsOf, budget: Budget): Promise<void> {
    const led = requests.filter((request) => !this.#find(request, loads, asOf));
    if (led.length) await Promise.all(this.#lead(led, loads, asOf, budget));
  }

  /** Whether somebody loads it whom a reader with this as-of may join. */
  isUnderWay<T>(request: ReadRequest<T>, loads: Loads<T>, asOf: AsOf): boolean {
    return !loads.isNested && this.#find(request, loads, asOf) !== undefined;
  }

  /** A load that sees every write this reader must see. */
  #find<T>(request: ReadRequest<T>, loads: Loads<T>, asOf: AsOf | undefined): Flight<Landed<T>> | undefined {
    const flight = this.#flights.find(flightName(request, loads, asOf)) as Flight<Landed<T>> | undefined;
    return asOf || !flight?.hasBegun ? flight : undefined;
  }

  /** A copy of somebody else's load, or of one's own where that takes too long. */
  #join<T>(request: ReadRequest<T>, flight: Flight<Landed<T>>, loads: Loads<T>, asOf: AsOf | undefined): Promise<T> {
    let isAnswered = false;
    let isOverdue = false;
    const another = flight.overdue.then(async () => {
      isOverdue = true;
      // Either will do, and the first one to come may be the one that is late.
      return isAnswered ? undefined : (await this.load([request], loads, asOf))[0];
    }) as Promise<T>;
    another.catch(() => undefined);
    const copy = this.#copy(request, flight, loads).then(
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
  async #copy<T>(request: ReadRequest<T>, flight: Flight<Landed<T>>, loads: Loads<T>): Promise<T> {
    const isLate = flight.hasBegun;
    const landed = await flight.landed;
    const { payload, skipped } = landed;
    // What is not to be stored is good for those only who could have loaded it themselves.
    if (isLate && skipped && payload !== undefined) return (await this.load([request], loads, undefined))[0]!;
    try {
      if (payload !== undefined) {
        const value = valueOf(request, landed, payload);
        this.events.emit({ name: 'load:joined', key: request.key });
        return value;
      }
    } catch {
      // Whoever loaded it has said so.
    }
    return this.#lead([request], loads, undefined, undefined, false)[0]!;
  }

  #lead<T>(
    requests: readonly ReadRequest<T>[],
    loads: Loads<T>,
    asOf: AsOf | undefined,
    budget: Budget | undefined,
    isOffered = true,
  ): Promise<T>[] {
    const led = requests.map((request): Led<T> => {
      return { request, name: flightName(request, loads, asOf), flight: new Flight() };
    });
    if (isOffered) for (const { name, flight } of led) this.#flights.offer(name, flight);
    this.#depart(led, loads, asOf, budget).catch((error: unknown) => this.#fail(led, error));
    return led.map(async ({ request, flight }) => this.#own(request, await flight.landed));
  }

  async #depart<T>(
    led: readonly Led<T>[],
    loads: Loads<T>,
    asOf: AsOf | undefined,
    budget: Budget | undefined,
  ): Promise<void> {
    // Whoever finds in this turn that the store has nothing, or is gone, still comes along.
    await endOfTurn();
    if (!asOf || !budget || loads.isNested) return void (await this.#load(led, loads, asOf));
    const requests = led.map(({ request }) => request);
    // Before there is a place among the loads: who waits for another process needs none.
    for await (const { places, found, asOf: since, end } of this.turns.of(requests, asOf, budget)) {
      const some = places.map((place) => led[place]!);
      if (found) {
        some.forEach((each, i) => this.#arrive(each, found[i]!));
        end(() => true);
        continue;
      }
      // Nobody who still waits has to wait for this.
      void this.#load(some, loads, since).then((stored) => end((place) => stored.has(led[place]!.request)));
    }
  }

  /** The result is what was stored. */
  async #load<T>(
    led: readonly Led<T>[],
    loads: Loads<T>,
    asOf: AsOf | undefined,
  ): Promise<ReadonlySet<ReadRequest<unknown>>> {
    const requests = led.map(({ request }) => request);
    const withdraw = () => this.#withdraw(led);
    try {
      const plan = {
        limit: loads.isNested ? undefined : loads.limit,
        overdueMs: this.overdueMs,
        begins: () => asOf ?? withdraw(),
        isOverdue: withdraw,
      };
      const flights = led.map(({ flight }) => flight);
      const loaded = await fly(flights, () => loads.load(requests), plan);
      // On its way before its readers go on. Joined until it is stored, so that nobody who comes in between loads again.
      const filled = asOf && this.fills.add(requests, loaded, asOf);
      flights.forEach((flight, i) => flight.land(loaded[i]!));
      return (await filled) ?? new Set();
    } catch (error) {
      this.#fail(led, error);
      return new Set();
    } finally {
      withdraw();
    }
  }

  #arrive<T>({ request, name, flight }: Led<T>, found: Found<T>): void {
    this.events.emit({ name: 'load:awaited', key: request.key });
    this.#flights.withdraw(name, flight);
    flight.land(found);
  }

  #fail(led: readonly Led<unknown>[], error: unknown): void {
    this.#withdraw(led);
    for (const { flight } of led) flight.fail(error);
  }

  #withdraw(led: readonly Led<unknown>[]): void {
    for (const { name, flight } of led) this.#flights.withdraw(name, flight);
  }

  /** A hit and a miss cannot differ: both are decoded, unless that fails. */
  #own<T>(request: ReadRequest<T>, landed: Landed<T>): T {
    const { own, payload, isStored } = landed;
    if (payload === undefined || isStored) return own;
    try {
      return valueOf(request, landed, payload);
    } catch (error) {
      this.events.emit({ name: 'entry:corrupt', key: request.key, error });
      return own;
    }
  }
}

/** A copy for one of those who share it. It is read once for all of them. */
function valueOf<T>({ keeping, decode }: ReadRequest<T>, landed: Landed<T>, payload: string): T {
  const { isStored = false } = landed;
  if (!keeping) return decode(payload, isStored);
  landed.reading ??= keeping.read(payload);
  return keeping.make(landed.reading, isStored);
}

/** Another limit is another pool: what waits in one that has ended may wait for ever. */
function flightName(
  { key, fingerprint }: ReadRequest<unknown>,
  { limit }: Pick<Loads<unknown>, 'limit'>,
  asOf: AsOf | undefined,
): string {
  return JSON.stringify([key, fingerprint, limit?.id, asOf?.name]);
}
