export interface Token {
  /** `opaque` is a value nothing is said about: a bit string, an escaped string, a decimal, a named parameter. */
  readonly kind: 'word' | 'name' | 'string' | 'number' | 'parameter' | 'symbol' | 'opaque';
  /** As written, without its quotes. */
  readonly text: string;
  /**
   * What grammar compares: a word in upper case, a symbol itself, nothing for all others, so that `"from"` is never FROM; `"` for a string in such
   * quotes, which MySQL takes for a name under ANSI_QUOTES.
   */
  readonly code: string;
  /** A parameter's place in the parameters array. */
  readonly parameter: number;
  /** Stands in an executable comment, so some servers see it and others do not. */
  readonly conditional: boolean;
}
