import { createHash } from 'node:crypto';

/** Longer texts are shortened to a digest: Redis takes 512 MB keys, people reading `redis-cli` do not. */
const LONGEST = 200;

/** White space, control characters and our own escapes; everything else stays readable. */
const UNSAFE = /[\s%~\p{C}]/gu;

/** Numbers, UUIDs and words, which most keys are: to look for each character that is unsafe takes ten times as long. */
const PLAIN = /^[\w-]*$/;

/** What of a longer text stays readable. */
const READABLE = 40;

/** Injective: two texts never share a key, whatever they contain. `~` marks a digest, so a short text cannot imitate one. */
export function textKey(text: string): string {
  if (text.length <= LONGEST && PLAIN.test(text)) return text;
  if (!text.isWellFormed()) return digest(text);
  // Escaping makes no text shorter, and is slow: of megabytes only what will be read is escaped.
  const safe = escaped(text.length <= LONGEST ? text : text.slice(0, READABLE).toWellFormed());
  if (text.length <= LONGEST && safe.length <= LONGEST) return safe;
  return `${safe.slice(0, READABLE).toWellFormed()}${digest(text)}`;
}

function escaped(text: string): string {
  return text.replace(UNSAFE, encodeURIComponent).replaceAll('~', '%7E');
}

/** The parts of a composite key as one text, still injective. */
export function joinKeys(parts: readonly string[]): string {
  if (parts.length === 1) return parts[0]!;
  return parts.map((part) => part.replaceAll('%', '%25').replaceAll(',', '%2C')).join(',');
}

function digest(text: string): string {
  return `~${createHash('sha256').update(Buffer.from(text, 'utf16le')).digest('base64url')}`;
}

/** Stable within a release; two different inputs never meet in practice. */
export function shortDigest(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 22);
}
