import { MOVING_TEXT } from './moved-names.js';
import type { SqlDialect } from './statement-effect.js';
import { isTimeWord } from './volatile-value.js';

/** What stands in any text that `isTimeWord` may take for a time. */
const TIMES: Record<SqlDialect, RegExp | undefined> = {
  postgres: /now|today|tomorrow|yesterday/i,
  sqlite: /now|subsec/i,
  mysql: undefined,
};

/** Longer strings are times no more. */
export const LONG_STRING = 200;

/** Tells the strings of a text that say something to its readers from all others: times that pass, and where names lead. */
export class TellingText {
  /** Some string may say where names lead. */
  readonly moving: boolean;
  readonly #times: boolean;

  constructor(
    sql: string,
    readonly dialect: SqlDialect,
  ) {
    // Once over the whole of it: hardly any text says one of these, and its strings need not be looked at.
    this.moving = dialect === 'postgres' && MOVING_TEXT.test(sql);
    this.#times = TIMES[dialect]?.test(sql) ?? false;
  }

  /** No string but those with escapes says anything, and need not be cut out to be looked at. */
  get isSilent(): boolean {
    return !this.moving && !this.#times;
  }

  /** Whether a string, as it is written, may say something. */
  tells(written: string): boolean {
    if (this.moving && MOVING_TEXT.test(written)) return true;
    // Escapes may spell anything.
    if (this.#isOpaque(written) && written.includes('\\')) return true;
    if (!this.#times || written.length > LONG_STRING) return false;
    return this.#isOpaque(written) ? TIMES.postgres!.test(written) : isTimeWord(written.slice(1, -1), this);
  }

  /** A short string of the same kind that tells as much as a long one. */
  gist(written: string): string {
    const quote = /^[eE]?(['"])/.exec(written);
    const moving = (this.moving && MOVING_TEXT.exec(written)?.[0]) || '';
    const escape = this.#isOpaque(written) && written.includes('\\') ? '\\x' : '';
    return `${quote?.[0] ?? '$$'}${moving}${escape}${quote?.[1] ?? '$$'}`;
  }

  /** E'..' or $$..$$. */
  #isOpaque(written: string): boolean {
    return this.dialect === 'postgres' && !written.startsWith("'");
  }
}
