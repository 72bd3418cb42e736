import { Buffer } from 'node:buffer';

/** Characters: with a secret, what seals a text fills most of them, and its name follows. */
const LENGTH = 64;

/**
 * How a stored text begins: no two of ours begin alike, since an entry has a name and what seals one is made of that or of a nonce.
 * A copy: a slice would keep all of the text in memory.
 */
export const markOf = (text: string): string => Buffer.from(text.slice(0, LENGTH)).toString();
