import type { Budget, CacheStore, EntriesRead, ClockQuery } from '../store/cache-store.js';

/**
 * Entries, and clocks of rows of one table, that a store is asked for at once. Ten thousands of them would keep a Redis busy for hundreds of
 * milliseconds, and everybody else waiting.
 */
export const PIECE = 1_000;

/**
 * One read of the store, piece by piece, on one budget. Each piece is asked for after its readers began, so a clock shows at least what was
 * so then; the clocks are those of the last piece, which was answered before any load begins. When the store fails, or the budget is
 * spent, after some of the pieces, the others count as not stored: a store that is slow for thousands need not be useless to them.
 *
 * @throws {StoreError} when there is no answer to the first piece
 */
export function readInPieces(
  store: CacheStore,
  keys: readonly string[],
  queries: readonly ClockQuery[],
  budget: Budget,
  failed: (error: unknown) => void,
  known?: readonly (string | undefined)[],
): Promise<EntriesRead> {
  const size = queries.reduce((most, { rows }) => Math.max(most, rows.length), keys.length);
  if (size <= PIECE) return store.read(keys, queries, budget, known);
  return inPieces(size, store, keys, queries, budget, failed, known);
}

async function inPieces(
  size: number,
  ...[store, keys, queries, budget, failed, known]: Parameters<typeof readInPieces>
): Promise<EntriesRead> {
  const pieces: EntriesRead[] = [];
  for (let from = 0; from < size; from += PIECE) {
    const piece = <T>(all: readonly T[]) => all.slice(from, from + PIECE);
    const some = queries.map((query) => ({ ...query, rows: piece(query.rows) }));
    try {
      pieces.push(await store.read(piece(keys), some, budget, known && piece(known)));
    } catch (error) {
      if (!pieces.length) throw error;
      failed(error);
      break;
    }
  }
  return joined(queries, pieces);
}

function joined(queries: readonly ClockQuery[], pieces: readonly EntriesRead[]): EntriesRead {
  const clocks = pieces.at(-1)!.clocks.map((last, i) => {
    const all = pieces.map((piece) => piece.clocks[i]!);
    const known = all.flatMap(({ rows }) => rows);
    // Of a row nobody told of, anything newer may have been written.
    const rows = queries[i]!.rows.map((_, place) => known[place] ?? Infinity);
    return { ...last, rows, held: all.some(({ held }) => held) };
  });
  // Of two histories nothing is stored, and none fills.
  const epoch = [...new Set(pieces.map((piece) => piece.epoch))].join('|');
  return { epoch, clocks, entries: pieces.flatMap(({ entries }) => entries) };
}
