import type { QueryRunner } from 'typeorm';
import type { CacheEvents } from '../events/cache-events.js';
import type { ClockWrite } from '../store/cache-store.js';
import { PendingWrites } from '../store/pending-writes.js';
import { ConnectionWrites } from './connection-writes.js';
import { askTransactionOpen, connectionOf, isTransactionOpen, statementStillRuns } from './driver-truth.js';
import type { Hold, HoldProtocol } from './hold-protocol.js';
import type { KnownTables } from './known-tables.js';
import { MovedNames } from './moved-names.js';
import { PreparedStatements } from './prepared-statements.js';
import { redact } from './sql/redact.js';
import type { SqlDialect, StatementEffect, TableRef } from './sql/statement-effect.js';
import { type Outcome, outcomeOf } from './statement-outcome.js';
import { anything, statementWrites } from './statement-writes.js';
import type { TableMap } from './table-map.js';

/** Statements reported as unplaced, each once, whatever its values; after so many more the log has said enough. */
const UNPLACED_REPORTED = 1_000;

/** What one statement of a text does, and which clocks that advances. */
interface Step {
  readonly effect: StatementEffect;
  readonly writes: readonly ClockWrite[];
}

/** A text between its two events. */
interface Running {
  readonly query: string;
  readonly parameters: unknown;
  readonly steps: readonly Step[];
  hold?: Hold;
  /** Of what was known of tables when its steps were read. */
  readonly version: number;
  /** Ends the doubt that it may define something. */
  readonly sure?: (() => void) | undefined;
  /** No other statement was under way on its connection meanwhile: only then does the driver's word on transactions concern it. */
  isAlone: boolean;
}

/** Follows the writes of every connection from statement to visibility, and tells the protocol at the right moments. */
export class WriteFollower {
  readonly #connections = new WeakMap<object, ConnectionWrites>();
  readonly #running = new WeakMap<object, Running[]>();
  readonly #met = new WeakSet<object>();
  readonly #prepared = new Map<string, PendingWrites>();
  readonly #statements = new PreparedStatements();
  readonly #unplaced = new Set<string>();
  readonly #open = new Set<ConnectionWrites>();
  readonly #movedNames: MovedNames;
  /** Connections whose open transaction may have defined something. */
  readonly #defining = new WeakSet<object>();
  transactionsBegun = 0;

  constructor(
    private readonly dialect: SqlDialect,
    private readonly tables: TableMap,
    private readonly known: KnownTables,
    private readonly protocol: HoldProtocol,
    private readonly events: CacheEvents,
  ) {
    this.#movedNames = new MovedNames(dialect);
  }

  get openTransactions(): number {
    return this.#open.size;
  }

  /** The names of these tables may lead to other ones there than everybody takes them for. */
  async hasMovedNames(runner: QueryRunner, tables: readonly TableRef[]): Promise<boolean> {
    const connection = connectionOf(runner);
    // What is under way may lead them elsewhere behind any answer.
    const isMoving = this.#runningOn(connection).some(({ steps }) => steps.some(({ effect }) => effect.moves));
    return isMoving || this.#movedNames.leadElsewhere(connection, tables);
  }

  /** @throws {WriteRefusedError} for what must not be sent */
  async before(
    runner: QueryRunner,
    query: string,
    parameters: unknown,
    said: readonly StatementEffect[],
  ): Promise<void> {
    const connection = connectionOf(runner);
    const writes = this.#writesOf(connection);
    const isSure = !this.#runningOn(connection).length && !this.#movedNames.has(connection);
    const effects = this.#statements.resolve(connection, said, isSure);
    const namespaces = await this.#movedNames.of(connection, effects);
    if (effects.some(({ moves }) => moves)) await this.#movedNames.mark(connection);
    const sure = this.#doubt(connection, effects);
    const { version } = this.known;
    const steps = this.#steps(query, parameters, effects, namespaces);
    if (effects.some(beginsTransaction)) this.transactionsBegun++;
    const others = this.#runningOn(connection);
    const isAlone = others.length === 0;
    for (const other of others) other.isAlone = false;
    const running: Running = { query, parameters, steps, isAlone, version, sure };
    others.push(running);
    if (isAlone) await this.#correct(connection, writes, await this.#isOpen(connection));
    const visible = foresee(writes, running);
    if (visible.isEmpty) return;
    try {
      running.hold = await this.protocol.hold(visible.toWrites());
    } catch (error) {
      // It is not sent, so nobody will say what became of it.
      others.splice(others.indexOf(running), 1);
      sure?.();
      throw error;
    }
  }

  async succeeded(
    runner: QueryRunner,
    query: string,
    parameters: unknown,
    effects: readonly StatementEffect[],
    results: unknown,
  ): Promise<void> {
    const connection = connectionOf(runner);
    const writes = this.#writesOf(connection);
    const { steps, hold, isAlone, sure } = this.#take(connection, query, parameters, effects);
    const visible = new PendingWrites();
    for (const { effect, writes: written } of steps) visible.add(writes.follow(effect, written).toWrites());
    const open = isAlone ? isTransactionOpen(connection, results) : undefined;
    // A transaction no statement told of, one that began somewhere in a text of several (PostgreSQL takes what stands before its
    // BEGIN into it), or statements under way together: what was written may be visible now, or with the transaction's end.
    const beganAmong = steps.length > 1 && steps.some(({ effect }) => beginsTransaction(effect));
    const isUnsure = !isAlone || (open === true && !writes.isOpen) || (beganAmong && (open ?? writes.isOpen));
    if (open !== undefined) visible.add(writes.correct(open).toWrites());
    for (const { writes: written } of isUnsure ? steps : []) {
      writes.keepOutside(written);
      visible.add(written);
    }
    if (isAlone) this.#statements.follow(connection, effects);
    this.#count(writes);
    this.#endDoubt(connection, writes, sure);
    if (!visible.isEmpty) await this.#settle('done', visible.toWrites(), hold, connection);
    else if (hold) await this.protocol.release(hold);
  }

  async failed(
    runner: QueryRunner,
    query: string,
    parameters: unknown,
    effects: readonly StatementEffect[],
    error: unknown,
  ): Promise<void> {
    const connection = connectionOf(runner);
    const writes = this.#writesOf(connection);
    const running = this.#take(connection, query, parameters, effects);
    const { steps, hold } = running;
    const all = steps.map(({ effect }) => effect);
    const outcome = outcomeOf(error, this.dialect, all);
    const foreseen = foresee(writes, running);
    const open = running.isAlone ? await this.#isOpenAfter(connection, writes, outcome) : undefined;
    // Refused by the server, a COMMIT or ROLLBACK has ended the transaction all the same. One that the client gave up may not even have
    // been sent (pg's `query_timeout` takes it out of its queue): should the connection live on, so may the transaction.
    if (steps.length === 1 && endsTransaction(steps[0]!.effect)) {
      if (outcome !== 'ambiguous') writes.correct(false);
    } else {
      if ((steps.length > 1 || outcome === 'ambiguous') && all.some(beginsTransaction)) writes.correct(true);
      for (const { effect, writes: written } of steps) writes.fail(effect, written);
    }
    if (open !== undefined && outcome !== 'ambiguous') foreseen.add(writes.correct(open).toWrites());
    this.#count(writes);
    this.#endDoubt(connection, writes, running.sure);
    if (!foreseen.isEmpty) await this.#settle(outcome, foreseen.toWrites(), hold, connection);
  }

  /** What was held, once it is known what became of the statement. */
  async #settle(
    outcome: Outcome,
    visible: readonly ClockWrite[],
    hold: Hold | undefined,
    connection: object,
  ): Promise<void> {
    switch (outcome) {
      case 'done':
      case 'partly done':
        return this.protocol.advance(visible, hold);
      case 'ambiguous':
        return this.protocol.advanceAmbiguous(visible, hold, statementStillRuns(connection));
      case 'refused':
        if (hold) await this.protocol.release(hold);
    }
  }

  /** Explicit clears: at once outside a transaction, with its commit inside. */
  async advanceAfterCommit(runner: QueryRunner, written: readonly ClockWrite[]): Promise<void> {
    const connection = connectionOf(runner);
    const writes = this.#writesOf(connection);
    await this.#correct(connection, writes, isTransactionOpen(connection));
    const visible = writes.follow({ kind: 'write', writes: [], tables: [] }, written);
    if (!visible.isEmpty) await this.protocol.advance(visible.toWrites());
  }

  /** Before a statement. One that nobody listened to may have begun a transaction, so a connection met for the first time is asked. */
  async #isOpen(connection: object): Promise<boolean | undefined> {
    const known = isTransactionOpen(connection);
    if (this.#met.has(connection)) return known;
    this.#met.add(connection);
    return known ?? (this.dialect === 'mysql' ? askTransactionOpen(connection) : undefined);
  }

  /** After a failure, which may have rolled the transaction back: MySQL does so on a deadlock, and says nothing with it. */
  async #isOpenAfter(connection: object, writes: ConnectionWrites, outcome: Outcome): Promise<boolean | undefined> {
    const known = isTransactionOpen(connection);
    if (known !== undefined || outcome === 'ambiguous' || !writes.isOpen || this.dialect !== 'mysql') return known;
    return askTransactionOpen(connection);
  }

  /**
   * A transaction that ended without a statement we saw has made its writes visible or not: as if it had. One that began so may have
   * written anything.
   */
  async #correct(connection: object, writes: ConnectionWrites, open: boolean | undefined): Promise<void> {
    if (open === undefined) return;
    const beganUnseen = open && !writes.isOpen;
    const lost = writes.correct(open);
    if (beganUnseen) writes.keepOutside(this.tables.everything().map(anything));
    this.#count(writes);
    if (!lost.isEmpty) await this.protocol.advance(lost.toWrites());
  }

  #count(writes: ConnectionWrites): void {
    // Only where everybody shares one connection is somebody else's open transaction of interest.
    if (!writes.isOpen || this.dialect !== 'sqlite') this.#open.delete(writes);
    else if (!this.#open.has(writes)) {
      this.#open.add(writes);
      // Again, for those who looked between the hearing of a BEGIN and the BEGIN.
      this.transactionsBegun++;
    }
  }

  #writesOf(connection: object): ConnectionWrites {
    let writes = this.#connections.get(connection);
    if (!writes) this.#connections.set(connection, (writes = new ConnectionWrites(this.dialect, this.#prepared)));
    return writes;
  }

  #runningOn(connection: object): Running[] {
    let running = this.#running.get(connection);
    if (!running) this.#running.set(connection, (running = []));
    return running;
  }

  #take(connection: object, query: string, parameters: unknown, effects: readonly StatementEffect[]): Running {
    const running = this.#runningOn(connection);
    const at = running.findIndex((each) => each.query === query && sameParameters(each.parameters, parameters));
    if (at >= 0) return this.#asKnownNow(running.splice(at, 1)[0]!);
    const namespaces = this.#movedNames.has(connection) ? undefined : [];
    const { version } = this.known;
    // Nobody knows what was defined since it began.
    const steps = withoutChanges(this.#steps(query, parameters, effects, namespaces));
    return { query, parameters, steps, isAlone: false, version };
  }

  /** A trigger that was made while it ran may have run with it. */
  #asKnownNow(running: Running): Running {
    return running.version === this.known.version ? running : { ...running, steps: withoutChanges(running.steps) };
  }

  /** Of what it may define nobody knows before it is committed whether it is there. */
  #doubt(connection: object, effects: readonly StatementEffect[]): (() => void) | undefined {
    if (effects.some(mayDefine)) this.#defining.add(connection);
    return this.#defining.has(connection) ? this.known.doubt() : undefined;
  }

  #endDoubt(connection: object, writes: ConnectionWrites, sure: (() => void) | undefined): void {
    if (!writes.isOpen && !this.#runningOn(connection).length) this.#defining.delete(connection);
    sure?.();
  }

  #steps(
    query: string,
    parameters: unknown,
    effects: readonly StatementEffect[],
    namespaces: readonly string[] | undefined,
  ): Step[] {
    const values = Array.isArray(parameters) ? (parameters as unknown[]) : [];
    return effects.map((effect) => ({ effect, writes: this.#writes(query, effect, values, namespaces) }));
  }

  #writes(
    query: string,
    effect: StatementEffect,
    parameters: readonly unknown[],
    namespaces: readonly string[] | undefined,
  ): readonly ClockWrite[] {
    const everything = () => this.tables.everything(namespaces).map(anything);
    // Another process may have prepared it: only where this one did is it known what it wrote.
    if (effect.kind === 'transaction') return effect.verb === 'commit-prepared' ? everything() : [];
    const reading = { parameters, tables: this.tables, known: this.known };
    const writes = statementWrites(effect, reading, namespaces);
    if (writes) return namespaces || !writes.length ? writes : [...writes, ...everything()];
    this.#reportUnplaced(redact(String(query), this.dialect));
    return everything();
  }

  #reportUnplaced(sql: string): void {
    if (this.#unplaced.has(sql) || this.#unplaced.size >= UNPLACED_REPORTED) return;
    this.#unplaced.add(sql);
    this.events.emit({ name: 'write:unplaced', sql });
  }
}

/** Not by identity alone: sql.js hands the second event a copy, with `undefined` turned into `null`. */
function sameParameters(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
  return a.every((value, i) => Object.is(value ?? null, b[i] ?? null));
}

/**
 * What a text may make visible: of several statements all, for one may begin or end a transaction for those behind it; the same where
 * another statement is under way, which may be a BEGIN or a COMMIT.
 */
function foresee(writes: ConnectionWrites, { steps, isAlone }: Running): PendingWrites {
  if (isAlone && steps.length === 1) return writes.foresee(steps[0]!.effect, steps[0]!.writes);
  const all = writes.pending;
  for (const { writes: written } of steps) all.add(written);
  return all;
}

function withoutChanges(steps: readonly Step[]): Step[] {
  return steps.map(({ effect, writes }) => ({ effect, writes: writes.map(({ change: _change, ...write }) => write) }));
}

/** Triggers, rules, partitions: whatever makes a table do more than a statement says. */
function mayDefine(effect: StatementEffect): boolean {
  if (effect.kind === 'transaction') return effect.verb === 'commit-prepared';
  return effect.kind === 'schema' || effect.kind === 'unknown';
}

function beginsTransaction(effect: StatementEffect): boolean {
  return (
    effect.kind === 'transaction' &&
    (effect.verb === 'begin' || effect.verb === 'savepoint' || effect.verb === 'autocommit-off')
  );
}

function endsTransaction(effect: StatementEffect): boolean {
  return effect.kind === 'transaction' && (effect.verb === 'commit' || effect.verb === 'rollback');
}
