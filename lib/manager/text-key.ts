import { createHash } from 'node:crypto';

/** Longer texts are shortened to a digest: Redis takes 512 MB keys, people reading `redis-cli` do not. */
const LONGEST = 200;

/** White space, control characters and our own escapes; everything else stays readable. */
const UNSAFE = /[\s%~\p{C}]/gu;

/** Injective: two texts never share a key, whatever they contain. `~` marks a digest, so a short text cannot imitate one. */
export function textKey(text: string): string {
  const safe = text.isWellFormed() ? text.replace(UNSAFE, encodeURIComponent).replaceAll('~', '%7E') : digest(text);
  return safe.length <= LONGEST ? safe : `${safe.slice(0, 40).toWellFormed()}${digest(text)}`;
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
export function fingerprint(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 22);
}
