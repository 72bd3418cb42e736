import { Debts } from '../../lib/store/debts.js';
import type { FromWorker } from './messages.js';
import { now } from './now.js';

/**
 * The debts of this process, by number. Events say of which tables something is owed or paid, not of which writes: all that was owed
 * when a payment began is paid by it, in one piece: no soak owes a thousand rows.
 */
export class DebtBook {
  #made = 0;
  #paid = 0;
  #lost = 0;
  #paying = 0;

  constructor(
    private readonly worker: number,
    private readonly send: (message: FromWorker) => void,
  ) {
    const begun = () => (this.#paying = this.#made);
    const { pay } = Debts.prototype;
    Debts.prototype.pay = function (tell, paid) {
      begun();
      return pay.call(this, tell, paid);
    };
  }

  /** @returns its number */
  made(): number {
    this.#made++;
    this.tell();
    return this.#made;
  }

  paid(): void {
    this.#paid = Math.max(this.#paid, this.#paying - this.#lost);
    this.send({ kind: 'paid', worker: this.worker, upTo: this.#paying, at: now() });
    this.tell();
  }

  /** Everything that is not paid is, when the application closes. */
  lost(): void {
    this.#lost = this.#made - this.#paid;
    this.tell();
  }

  /** @param isLast whether nothing will come of it any more */
  tell(isLast = false): void {
    const { worker } = this;
    this.send({ kind: 'debts', worker, made: this.#made, paid: this.#paid, lost: this.#lost, isLast });
  }
}
