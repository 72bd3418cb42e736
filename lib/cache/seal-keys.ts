import { hkdfSync } from 'node:crypto';

/** What a key is for: two of one secret must have nothing in common. */
export type Purpose = 'sign' | 'encrypt';

/** A key of 256 bits made of a secret; another one for each salt. */
export function sealKey(secret: string, purpose: Purpose, salt = ''): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, salt, `nestjs-qscache entry ${purpose}`, 32));
}
