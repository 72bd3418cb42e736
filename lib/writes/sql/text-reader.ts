import { opensBlock, opensPlainBlock } from './blocks.js';
import { readDynamicText } from './dynamic-text.js';
import { placeStatement } from './place-statement.js';
import { type SqlDialect, type StatementEffect, UNKNOWN } from './statement-effect.js';
import { Statement } from './statement.js';
import type { Token } from './token.js';
import { Tokenizer } from './tokenizer.js';
import { ValueLists } from './value-lists.js';

/** Of longer texts neither every value nor every row is kept. */
export const LONG_TEXT = 65_536;
/** A statement that has more is not read, which bounds the memory it takes. */
const MOST_TOKENS = 500_000;

/** Reads a text statement by statement, keeping the body of a routine together. */
export class TextReader {
  readonly #tokenizer: Tokenizer;
  readonly #effects: StatementEffect[] = [];
  /** How often each effect was told since the last word on transactions. */
  readonly #told = new Map<string, number>();
  /** Whether a routine's body may go on behind its first semicolon, and does; a plain one is read. */
  #block: 'none' | 'opened' | 'entered' | 'plain' = 'none';

  constructor(
    sql: string,
    private readonly dialect: SqlDialect,
    private readonly isLong: boolean,
  ) {
    this.#tokenizer = new Tokenizer(sql, dialect);
  }

  /** Something in it stands in an executable comment. */
  get hasConditional(): boolean {
    return this.#tokenizer.hasConditional;
  }

  run(withConditional: boolean): readonly StatementEffect[] {
    return this.#readAll(withConditional) ? this.#effects : [...this.#effects, UNKNOWN];
  }

  /** False when something, from where it has come to, cannot be told. */
  #readAll(withConditional: boolean): boolean {
    let [tokens, depth]: [Token[], number] = [[], 0];
    let lists = this.#listsOf(tokens);
    for (let token = this.#tokenizer.next(); token; token = this.#tokenizer.next()) {
      if (token.conditional && !withConditional) continue;
      if (token.code === ';' && depth <= 0) {
        if (!this.#read(tokens)) return false;
        [tokens, depth] = [[], 0];
        lists = this.#listsOf(tokens);
        continue;
      }
      if (token.code === '(') depth++;
      else if (token.code === ')') depth--;
      tokens.push(token);
      lists?.follow(token);
      if (tokens.length > MOST_TOKENS) return false;
    }
    return this.#tokenizer.isComplete && this.#read(tokens) && !['entered', 'plain'].includes(this.#block);
  }

  #listsOf(tokens: Token[]): ValueLists | undefined {
    return this.isLong ? new ValueLists(tokens, this.dialect) : undefined;
  }

  /** False when it stands in a block, and where that ends cannot be told. */
  #read(tokens: readonly Token[]): boolean {
    if (tokens.length === 0) return true;
    if (this.#block === 'plain') return this.#readInBlock(tokens);
    if (this.#block !== 'none') {
      this.#block = tokens[0]!.code === 'END' ? 'none' : 'entered';
      // Blocks of MySQL nest and end in many ways.
      return this.dialect !== 'mysql';
    }
    const statement = new Statement(tokens, this.dialect);
    if (opensPlainBlock(statement)) {
      this.#block = 'plain';
      return this.#readInBlock(tokens.slice(3));
    }
    for (const effect of this.#effectsOf(statement)) this.#tell(effect);
    if (opensBlock(statement)) this.#block = 'opened';
    return true;
  }

  /** False for anything but reads and writes of rows, and the end: a block may also decide, repeat, commit and pass over errors. */
  #readInBlock(tokens: readonly Token[]): boolean {
    const statement = new Statement(tokens, this.dialect);
    if (statement.length === 1 && statement.code(0) === 'END') {
      this.#block = 'none';
      return true;
    }
    const effects = placeStatement(statement);
    for (const effect of effects) this.#tell(effect);
    return effects.every((effect) => effect.kind === 'read' || (effect.kind === 'write' && !effect.commits));
  }

  /** What it does, or what the text does that it runs or prepares. */
  #effectsOf(statement: Statement): readonly StatementEffect[] {
    const dynamic = readDynamicText(statement);
    if (!dynamic) return placeStatement(statement);
    const { name, text } = dynamic;
    const effect = text === undefined ? UNKNOWN : this.#effectOf(text);
    return [name === undefined ? effect : { kind: 'session', prepares: { name, effect } }];
  }

  #effectOf(text: string): StatementEffect {
    const reader = new TextReader(text, this.dialect, this.isLong);
    const [effect, ...more] = reader.run(true);
    return effect && !more.length && !reader.hasConditional ? effect : UNKNOWN;
  }

  #tell(effect: StatementEffect): void {
    if (!this.isLong) this.#effects.push(effect);
    else if (effect.kind === 'transaction') {
      this.#told.clear();
      this.#effects.push(structuredClone(effect));
    } else this.#tellOfMany(withoutRows(effect));
  }

  /** A script says the same many times. Twice is enough, and less would hide that it is several statements. */
  #tellOfMany(effect: StatementEffect): void {
    const key = JSON.stringify(effect);
    const times = this.#told.get(key) ?? 0;
    if (times === 2) return;
    this.#told.set(key, times + 1);
    // What is cut out of a text keeps all of that text in memory.
    this.#effects.push(structuredClone(effect));
  }
}

/** Some of them may be missing, and there may be too many of them. */
function withoutRows(effect: StatementEffect): StatementEffect {
  if (effect.kind !== 'write') return effect;
  return {
    ...effect,
    writes: effect.writes.map(
      ({ rows: _rows, inserted: _inserted, values: _values, conflict: _conflict, ...change }) => change,
    ),
  };
}
