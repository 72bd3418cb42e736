import { ParameterCounter } from './parameter-counter.js';
import { Pieces } from './pieces.js';
import type { SqlDialect } from './statement-effect.js';
import type { Token } from './token.js';

const ESCAPED = /^[eE]?'/;
const UNICODE = /^[uU]/;
const DIGITS = /^\d+$/;
/** In a MySQL hint, which its driver takes for code, these make the driver count other placeholders than we do. */
const MISCOUNTED = /[?'"`#]|--|\/\*/;

/** Cuts SQL into tokens as the database would, one by one. Never throws and never looks back: the time is linear in the text. */
export class Tokenizer {
  /** False once something never ends: what follows is unknown. */
  isComplete = true;
  /** Whether a token has stood in an executable comment. */
  hasConditional = false;
  readonly #pieces: Pieces;
  readonly #parameters = new ParameterCounter();
  readonly #mysql: boolean;
  /** A string may have ended elsewhere. */
  #isDoubtful = false;
  /** What opened the executable comment we are in. */
  #executable = '';

  constructor(
    sql: string,
    private readonly dialect: SqlDialect,
  ) {
    this.#pieces = new Pieces(sql, dialect);
    this.#mysql = dialect === 'mysql';
  }

  /** The next token; `undefined` at the end. */
  next(): Token | undefined {
    const pieces = this.#pieces;
    while (pieces.next()) {
      switch (pieces.kind) {
        case 'space':
          if (this.#mysql && pieces.length > 3) this.#hint(pieces.text);
          continue;
        case 'edge':
          this.#executable = pieces.text === '*/' ? '' : pieces.text;
          continue;
        case 'open':
          this.isComplete = false;
          return undefined;
        default:
          this.hasConditional ||= this.#executable !== '';
          return this.#token();
      }
    }
    this.isComplete = this.#executable === '' && !this.#isDoubtful;
    return undefined;
  }

  #hint(space: string): void {
    if (space.startsWith('/*+') && MISCOUNTED.test(space.slice(3, -2))) this.#parameters.lose();
  }

  #token(): Token {
    const { kind, text } = this.#pieces;
    switch (kind) {
      case 'symbol':
        return this.#made(kind, text, text);
      case 'word':
        return this.#made(kind, text, text.toUpperCase());
      case 'number':
        return this.#made(DIGITS.test(text) ? kind : 'opaque', text);
      case 'parameter':
        return this.#parameter(text);
      case 'name':
        // Escapes are not undone, so they must not pass for another name.
        return UNICODE.test(text) ? this.#made('opaque', text.slice(3, -1)) : this.#made(kind, unquoted(text));
      case 'string': {
        const inner = unquoted(text);
        // PostgreSQL takes them for escapes as well where `standard_conforming_strings` is off.
        if (this.dialect === 'postgres' && text.includes("\\'")) this.#isDoubtful = true;
        if (this.dialect !== 'sqlite' && inner.includes('\\')) return this.#made('opaque', inner);
        return this.#made(kind, inner, text.startsWith('"') ? '"' : '');
      }
      default:
        return this.#made('opaque', ESCAPED.test(text) ? unquoted(text.replace(/^[eE]/, '')) : withoutTag(text));
    }
  }

  #parameter(text: string): Token {
    const place = this.#place(text);
    return place === undefined ? this.#made('opaque', text) : this.#made('parameter', text, '', place);
  }

  /** Its place in the parameters array; `undefined` when it has none of its own. */
  #place(text: string): number | undefined {
    const parameters = this.#parameters;
    if (this.dialect === 'postgres') return Number(text.slice(1)) - 1;
    if (this.dialect === 'mysql') {
      // The driver leaves /*M! alone, takes ?? for a name and more than two for text.
      if (this.#executable.startsWith('/*M') || text.length > 2) return undefined;
      const place = parameters.next();
      return text.length === 1 ? place : undefined;
    }
    if (text === '?') return parameters.next();
    if (text.startsWith('?')) return parameters.numbered(Number(text.slice(1)) - 1);
    parameters.named(text);
    return undefined;
  }

  #made(kind: Token['kind'], text: string, code = '', parameter = -1): Token {
    return { kind, text, code, parameter, conditional: this.#executable !== '' };
  }
}

/** Between its quotes, with doubled ones undone. */
function unquoted(text: string): string {
  const quote = text.at(-1)!;
  const inner = text.slice(1, -1);
  return quote !== ']' && inner.includes(quote) ? inner.replaceAll(quote + quote, quote) : inner;
}

function withoutTag(text: string): string {
  const length = text.indexOf('$', 1) + 1;
  return text.slice(length, -length);
}
