/** Control characters, lone surrogates, ends of lines, and what turns the direction of the text around it. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/gu;
const KNOWN: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** The text on one line: what comes from outside must not forge a second line of a log, nor colour or hide the first. */
export function oneLine(text: string): string {
  return text.replace(UNPRINTABLE, (char) => KNOWN[char] ?? `\\u{${char.codePointAt(0)!.toString(16)}}`);
}
