import { withinBudget } from '../../lib/store/budget.js';
import type { CacheStore } from '../../lib/store/cache-store.js';

const OPERATIONS = ['read', 'touch', 'put', 'remove', 'lease', 'endLease', 'hold', 'release', 'advance'] as const;

type Operation = (typeof OPERATIONS)[number];

export type Fault =
  /** The store is gone. */
  | 'throws'
  /** It never answers; only the store's budget ends the wait, as it does for a client that hangs. */
  | 'hangs'
  /** It breaks the contract's own form: what it returns is no promise. */
  | 'throws synchronously'
  /** It says it did, and did nothing. */
  | 'lies';

/** Breaks chosen operations of a real store, and counts the calls of all of them. */
export class FaultyStore {
  readonly calls = new Map<Operation, number>();
  readonly #faults = new Map<Operation, Fault>();

  constructor(store: CacheStore, budgetMs: number) {
    for (const operation of OPERATIONS) {
      const real = store[operation].bind(store) as (...args: unknown[]) => Promise<unknown>;
      Object.defineProperty(store, operation, {
        configurable: true,
        value: (...args: unknown[]): Promise<unknown> => {
          this.calls.set(operation, (this.calls.get(operation) ?? 0) + 1);
          switch (this.#faults.get(operation)) {
            case 'throws':
              return Promise.reject(new Error(`${operation} refused`));
            case 'throws synchronously':
              throw new TypeError(`${operation} is broken`);
            case 'hangs':
              return withinBudget(
                'broken',
                operation,
                operation === 'hold' ? budgetMs / 2 : budgetMs,
                () => new Promise(() => {}),
              );
            case 'lies':
              return Promise.resolve(undefined);
            default:
              return real(...args);
          }
        },
      });
    }
  }

  break(fault: Fault, ...operations: Operation[]): this {
    for (const operation of operations) this.#faults.set(operation, fault);
    return this;
  }

  mend(): void {
    this.#faults.clear();
  }

  count(operation: Operation): number {
    return this.calls.get(operation) ?? 0;
  }
}
