/** Texts that stores and their clients have been known to change. */
export const HOSTILE: readonly string[] = [
  '',
  ' ',
  '\0',
  'a\0b',
  '"',
  "'",
  '\\',
  '\r\n',
  'null',
  'undefined',
  '7',
  '1e400',
  'NaN',
  'true',
  '[]',
  '{}',
  '{"value":1}',
  '{"__proto__":{"value":1}}',
  '_date_x',
  '_bigint_x',
  '_function_x|',
  '_duplicate_["x"]',
  ':base64:eA==',
  'ключ',
  '😀',
  '\u{10ffff}',
  'e\u0301',
  '\u2028',
  '\ufeff',
  '\uffff',
  'x'.repeat(100_000),
];

const SEED = 0x5eed;

/** The same ones each time: a failure must not go away when it is looked at. */
export function randomTexts(count: number): string[] {
  let state = SEED;
  const next = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  // Of every length of UTF-8, without halves of pairs: those are no characters, and no store need keep them.
  const character = () =>
    String.fromCodePoint([next(0x80), next(0x800), 0xe000 + next(0x2000), 0x10000 + next(0x100000)][next(4)]!);
  return Array.from({ length: count }, () => Array.from({ length: next(40) }, character).join(''));
}
