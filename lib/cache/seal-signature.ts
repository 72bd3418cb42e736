import { createHmac, timingSafeEqual } from 'node:crypto';
import { sealKey } from './seal-keys.js';
import type { Seal } from './seal.js';

/** Raise when what is signed changes: older entries become misses. */
const MARK = 'qs2s.';

/** Characters of an HMAC-SHA256 in base64url. */
const LENGTH = 43;

/** Entries that anybody may read and nobody may change: `qs2s.<HMAC-SHA256>.<entry>`. */
export class Signature implements Seal {
  readonly #keys: readonly Buffer[];

  /** @param secrets the first one signs, all of them are accepted */
  constructor(secrets: readonly string[]) {
    this.#keys = secrets.map((secret) => sealKey(secret, 'sign'));
  }

  close(key: string, text: string): string {
    return `${MARK}${sign(this.#keys[0]!, key, text).toString()}.${text}`;
  }

  open(key: string, sealed: string): string | undefined {
    const end = MARK.length + LENGTH;
    if (!sealed.startsWith(MARK) || sealed[end] !== '.') return undefined;
    const signature = Buffer.from(sealed.slice(MARK.length, end));
    // Other characters than base64url's may take more bytes each.
    if (signature.length !== LENGTH) return undefined;
    const text = sealed.slice(end + 1);
    return this.#keys.some((each) => timingSafeEqual(sign(each, key, text), signature)) ? text : undefined;
  }
}

/** As it is written, not as it was before base64: one signature has one spelling. */
function sign(secretKey: Buffer, key: string, text: string): Buffer {
  // The key's length says where it ends: no two pairs of key and text are signed as one.
  const signed = createHmac('sha256', secretKey).update(`${key.length}:${key}`).update(text);
  return Buffer.from(signed.digest('base64url'));
}
