import { createCipheriv, createDecipheriv, randomBytes, randomFillSync } from 'node:crypto';
import { sealKey } from './seal-keys.js';
import type { Seal } from './seal.js';

/** Raise when what is encrypted changes: older entries become misses. */
const MARK = 'qs2e.';

const CIPHER = 'aes-256-gcm';

/** Characters of a salt: 16 random bytes in base64url. */
const SALT = 22;

/** Bytes. */
const NONCE = 12;
const TAG = 16;

/** Keys of other processes remembered; each lives as long as its process, and making one anew takes some microseconds. */
const MOST_KEYS = 1_000;

/**
 * Entries that only who has a secret can read or make: `qs2e.<salt>.<nonce, tag and AES-256-GCM of the entry>`.
 *
 * A nonce that comes twice under one key would give both entries away. So each process makes a key of its own, by a random salt that
 * stands in what it writes, and counts its nonces; random ones would be good for 2^32 entries of all processes together. Half of each is
 * random all the same: a machine that is restored from a snapshot twice is two processes with one salt and one count.
 */
export class Encryption implements Seal {
  get isPrivate(): boolean {
    return true;
  }

  readonly #salt = randomBytes(16).toString('base64url');
  readonly #key: Buffer;
  #written = 0;
  /** By salt. */
  readonly #known = new Map<string, Buffer>();
  readonly #secrets: readonly string[];

  /** @param secrets the first one encrypts, all of them are accepted */
  constructor(secrets: readonly string[]) {
    this.#secrets = secrets;
    this.#key = sealKey(secrets[0]!, 'encrypt', this.#salt);
  }

  close(key: string, text: string): string {
    const nonce = randomFillSync(Buffer.alloc(NONCE), 0, NONCE - 6);
    // Throws after 2^48 entries, which no process lives to see, and would then store nothing.
    nonce.writeUIntBE(this.#written++, NONCE - 6, 6);
    const cipher = createCipheriv(CIPHER, this.#key, nonce, { authTagLength: TAG }).setAAD(Buffer.from(key));
    const body = [cipher.update(text, 'utf8'), cipher.final()];
    return `${MARK}${this.#salt}.${Buffer.concat([nonce, cipher.getAuthTag(), ...body]).toString('base64')}`;
  }

  open(key: string, sealed: string): string | undefined {
    const end = MARK.length + SALT;
    if (!sealed.startsWith(MARK) || sealed[end] !== '.') return undefined;
    const salt = sealed.slice(MARK.length, end);
    const body = sealed.slice(end + 1);
    const bytes = Buffer.from(body, 'base64');
    // What follows the padding is not read: it must not be there.
    if (bytes.length < NONCE + TAG || body.length !== 4 * Math.ceil(bytes.length / 3)) return undefined;
    for (const candidate of this.#keysFor(salt)) {
      const text = decrypt(candidate, key, bytes);
      if (text === undefined) continue;
      this.#remember(salt, candidate);
      return text;
    }
    return undefined;
  }

  /** Which secret made it the salt does not say. */
  *#keysFor(salt: string): Iterable<Buffer> {
    if (salt === this.#salt) return yield this.#key;
    const known = this.#known.get(salt);
    if (known) return yield known;
    for (const secret of this.#secrets) yield sealKey(secret, 'encrypt', salt);
  }

  /** Only what has opened an entry: made up salts push nobody's out. */
  #remember(salt: string, key: Buffer): void {
    if (salt === this.#salt || this.#known.has(salt)) return;
    this.#known.set(salt, key);
    if (this.#known.size > MOST_KEYS) this.#known.delete(this.#known.keys().next().value!);
  }
}

function decrypt(secretKey: Buffer, key: string, bytes: Buffer): string | undefined {
  const decipher = createDecipheriv(CIPHER, secretKey, bytes.subarray(0, NONCE), { authTagLength: TAG })
    .setAAD(Buffer.from(key))
    .setAuthTag(bytes.subarray(NONCE, NONCE + TAG));
  const body = decipher.update(bytes.subarray(NONCE + TAG));
  try {
    return Buffer.concat([body, decipher.final()]).toString();
  } catch {
    // Its tag is not that of these bytes, this name and this key.
    return undefined;
  }
}
