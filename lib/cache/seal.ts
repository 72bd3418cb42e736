/**
 * What stands between an entry and a store that others may read or write. It covers the entry's whole text and the key it is stored
 * under: one that was changed, made up or moved to another key does not open.
 */
export interface Seal {
  /** Nobody is to read what is stored: then no journal tells what columns hold either, but for keys, which stand in names. */
  readonly isPrivate?: boolean;
  close(key: string, text: string): string;
  /** `undefined` for anything that was not closed under this key, by this kind of seal, with a secret it knows. */
  open(key: string, sealed: string): string | undefined;
}

/** Without a secret: whoever may write to the store is trusted. */
export const noSeal: Seal = {
  close: (_, text) => text,
  open: (_, text) => text,
};
