import type { SqlDialect, TableRef } from './statement-effect.js';
import type { Token } from './token.js';

/** One statement as tokens, with its parentheses paired. */
export class Statement {
  /** Where each opening parenthesis closes; `undefined` when one has no partner. */
  readonly #closes: ReadonlyMap<number, number> | undefined;

  constructor(
    readonly tokens: readonly Token[],
    readonly dialect: SqlDialect,
  ) {
    this.#closes = pairParentheses(tokens);
  }

  /** Every parenthesis has its partner; without that, levels mean nothing. */
  get balanced(): boolean {
    return this.#closes !== undefined;
  }

  get length(): number {
    return this.tokens.length;
  }

  /** The keyword or symbol at `at`; empty for names, values and beyond the end. */
  code(at: number): string {
    return this.tokens[at]?.code ?? '';
  }

  /** The keywords stand here one after the other. */
  says(at: number, ...codes: string[]): boolean {
    return codes.every((code, index) => this.code(at + index) === code);
  }

  /** Where the parenthesis opened at `at` closes. */
  close(at: number): number {
    return this.#closes?.get(at) ?? this.length;
  }

  /** What follows `at` on the same level: a group in parentheses counts as one. */
  after(at: number): number {
    return this.code(at) === '(' ? this.close(at) + 1 : at + 1;
  }

  /** The first of the keywords on this level in [from, end), or -1. Behind a dot stands a name, whatever it is called. */
  find(from: number, end: number, ...codes: string[]): number {
    for (let at = from; at < end; at = this.after(at)) {
      if (codes.includes(this.code(at)) && this.code(at - 1) !== '.') return at;
    }
    return -1;
  }

  /** The first of the keywords anywhere, or -1. */
  findAnywhere(from: number, ...codes: string[]): number {
    for (let at = from; at < this.length; at++) if (codes.includes(this.code(at))) return at;
    return -1;
  }

  /** Skips those of the keywords that stand here. */
  skip(at: number, ...codes: string[]): number {
    while (codes.includes(this.code(at))) at++;
    return at;
  }

  /** The dotted name at `at`, as the database resolves its parts; `undefined` when one of them is no plain identifier. */
  path(at: number): { readonly parts: readonly string[]; readonly end: number } | undefined {
    const first = this.identifier(at);
    if (first === undefined) return undefined;
    const parts = [first];
    let end = at + 1;
    while (this.code(end) === '.') {
      const part = this.identifier(end + 1);
      // Cut at the dot it would pass for another name: `main.'post'`, `public.U&"post"`.
      if (part === undefined) return undefined;
      parts.push(part);
      end += 2;
    }
    return { parts, end };
  }

  table(at: number): { readonly table: TableRef; readonly end: number } | undefined {
    const path = this.path(at);
    const name = path?.parts.at(-1);
    if (!path || name === undefined) return undefined;
    const [outer, inner] = path.parts;
    switch (path.parts.length) {
      case 1:
        return { table: { name }, end: path.end };
      case 2:
        return {
          table: this.dialect === 'mysql' ? { name, database: outer! } : { name, schema: outer! },
          end: path.end,
        };
      case 3:
        return this.dialect === 'postgres'
          ? { table: { name, schema: inner!, database: outer! }, end: path.end }
          : undefined;
      default:
        return undefined;
    }
  }

  identifier(at: number): string | undefined {
    const token = this.tokens[at];
    if (token?.kind === 'name') return token.text;
    if (token?.kind !== 'word') return undefined;
    // PostgreSQL folds ASCII letters only.
    return this.dialect === 'postgres' ? token.text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()) : token.text;
  }
}

function pairParentheses(tokens: readonly Token[]): Map<number, number> | undefined {
  const closes = new Map<number, number>();
  const open: number[] = [];
  for (const [at, { code }] of tokens.entries()) {
    if (code === '(') open.push(at);
    if (code !== ')') continue;
    const partner = open.pop();
    if (partner === undefined) return undefined;
    closes.set(partner, at);
  }
  return open.length === 0 ? closes : undefined;
}
