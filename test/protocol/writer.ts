import type { QueryRunner } from 'typeorm';
import type { AfterQueryEvent } from 'typeorm/subscriber/event/QueryEvent.js';
import { Actor } from './actor.js';
import { dataSource, type WriteCounts } from './database.js';
import type { Step } from './explore.js';
import type { ProtocolWorld } from './world.js';
import { changedCells } from './tables.js';
import { type Statement, type Write, type WriteName, writes } from './writes.js';

/** How a last statement may end. */
type Ending = 'committed' | 'failed' | 'unknown';

const ERRORS = {
  failed: { code: '40001', severity: 'ERROR' },
  unknown: { code: 'ECONNRESET' },
};

/** A writer in a process of its own, whose statements pass by the real watch as TypeORM's would. */
export class Writer extends Actor {
  readonly kind: string;
  readonly #write: Write;
  #written: Partial<WriteCounts> | undefined;
  /** Its connection is gone, and its COMMIT is still under way. */
  #commitsLate = false;

  constructor(name: string, world: ProtocolWorld, write: WriteName) {
    super(name, world);
    // Holds bear its name, so no two writers are interchangeable.
    this.kind = `${name} ${write}`;
    this.#write = writes[write];
  }

  get mayYetWrite(): boolean {
    return !this.#written && (this.isWaiting || this.#commitsLate);
  }

  get isAdvancing(): boolean {
    return this.world.gates.of(this.name).some(({ name }) => name.startsWith('advance'));
  }

  override faultSteps(): readonly Step[] {
    const { world } = this;
    const mayCrash = world.crashes > 0 && world.gates.of(this.name).some(({ name }) => /^(commit|advance)/.test(name));
    const isCommitting = world.gates.of(this.name).some(({ name }) => name === 'commit');
    const crash = () => {
      world.crashes--;
      // The server goes on with what it was sent.
      if (isCommitting && world.scenario.orphans) this.#commitLate();
      world.gates.abandon(this.name);
      world.process(this.name).protocol.close();
      this.#owe();
      this.leave();
    };
    return mayCrash ? [{ label: `${this.name} crashes`, take: crash }] : [];
  }

  protected async act(): Promise<void> {
    const { watch } = this.world.process(this.name);
    const queryRunner = { databaseConnection: {} } as unknown as QueryRunner;
    const { statements }: Write = this.#write;
    const send = async ({ sql, parameters = [] }: Statement, isLast: boolean): Promise<void> => {
      const event = { query: sql, parameters: [...parameters], queryRunner, manager: dataSource.manager, dataSource };
      await watch.beforeQuery(event as never);
      const ending = isLast ? await this.#commit() : 'committed';
      const success = ending === 'committed';
      const error = success ? undefined : ERRORS[ending];
      await watch.afterQuery({ ...event, success, error } as unknown as AfterQueryEvent);
      if (this.#written && success) this.world.acknowledge(this.#written);
    };
    for (const [i, step] of statements.entries()) {
      const isLast = i === statements.length - 1;
      await Promise.all([step].flat().map((statement) => send(statement, isLast)));
    }
  }

  protected own(): unknown {
    return [this.#written, this.#commitsLate];
  }

  #commit(): Promise<Ending> {
    const { commits } = this.world.scenario;
    const committed = (): Ending => {
      this.#written = this.#change();
      return 'committed';
    };
    const { after, follows } = this.#write;
    const { world } = this;
    const outcomes = [
      { label: '', work: committed },
      ...(commits?.includes('fails') ? [{ label: ' FAILS', work: (): Ending => 'failed' }] : []),
      ...(commits?.includes('ambiguous') ? [{ label: ' with its answer lost', work: () => this.#commitLate() }] : []),
    ];
    const isPossible = () => (!after || world.database[after] > 0) && (!follows || world.acknowledged[follows] > 0);
    return this.database('commit', outcomes, isPossible);
  }

  /** The client hears of a lost connection; the database commits all the same, at some time. */
  #commitLate(): Ending {
    this.#commitsLate = true;
    const take = () => {
      this.#written = this.#change();
      this.#owe();
    };
    this.world.faults.late.push({ label: `${this.name} commits late`, take });
    return 'unknown';
  }

  /** Nobody will say that it has written but its hold. */
  #owe(): void {
    if (this.#written) this.world.owe(this.name, this.#written);
  }

  #change(): Partial<WriteCounts> {
    const { world } = this;
    const { cells, effect, confirms } = this.#write;
    const before = world.tables;
    world.tables = effect?.(before) ?? before;
    const changed = [...cells, ...changedCells(before, world.tables)];
    const written = Object.fromEntries(changed.map((cell) => [cell, ++world.database[cell]]));
    return confirms ? { ...written, [confirms]: world.database[confirms] } : written;
  }
}
