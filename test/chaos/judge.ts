import { candidates } from './candidates/names.js';
import { idsOf, writerOf } from './entities.js';
import type { ReadRecord, WorkerRecord } from './messages.js';
import type { RoundRecord } from './round.js';
import { OTHERS_GRACE_MS } from './settings.js';

/** Stale reads: of what the reading process had written itself, and of what others had. */
export interface Stale {
  own: number;
  others: number;
}

export interface Judgement {
  /** Without a fault: there may be none. */
  readonly before: Stale;
  /** During the fault, and of what others wrote then until it must be known. */
  readonly unheard: Stale;
  /** From the healing on; of what others wrote, from the moment on at which it must be known. */
  readonly healed: Stale;
}

/** A read is stale when it shows less than what was acknowledged before it began. */
export function judge(round: RoundRecord): Judgement {
  const { workers, faultAt, healedAt } = round;
  const judgement = { before: none(), unheard: none(), healed: none() };
  const known = acknowledged(workers);
  const excusedUntil = workers.map((worker) => knownToOthersAt(worker, round));
  for (const [reader, { reads }] of workers.entries()) {
    for (const read of reads) {
      const writers = staleRows(read, known).map((id) => writerOf(id, workers.length));
      if (!writers.length) continue;
      const own = writers.includes(reader);
      if (read.begun < faultAt) judgement.before[own ? 'own' : 'others']++;
      else if (read.begun < healedAt) judgement.unheard[own ? 'own' : 'others']++;
      else if (own) judgement.healed.own++;
      else if (writers.some((writer) => read.begun >= excusedUntil[writer]!)) judgement.healed.others++;
      else judgement.unheard.others++;
    }
  }
  return judgement;
}

const none = (): Stale => ({ own: 0, others: 0 });

interface Floor {
  readonly at: number;
  readonly version: number;
}

/** Per row what was acknowledged when, in that order. */
function acknowledged(workers: readonly WorkerRecord[]): Map<number, Floor[]> {
  const floors = new Map<number, Floor[]>();
  const writes = workers.flatMap((worker) => worker.writes.filter((write) => write.acknowledged));
  for (const { id, version, ended } of writes.sort((a, b) => a.ended - b.ended)) {
    const row = floors.get(id) ?? [];
    floors.set(id, row);
    row.push({ at: ended, version });
  }
  return floors;
}

/** The rows that a read shows older than they were, or not at all. */
function staleRows({ begun, asked, shown }: ReadRecord, known: ReadonlyMap<number, readonly Floor[]>): number[] {
  if (!shown) return [];
  const versions = new Map(shown);
  const ids = 'id' in asked ? [asked.id] : idsOf(asked.shelf);
  return ids.filter((id) => {
    const version = versions.get(id);
    const floor = known.get(id)?.findLast(({ at }) => at <= begun);
    return version === undefined || (floor !== undefined && version < floor.version);
  });
}

/**
 * From when on other processes must know what a process wrote during the fault. Ours says what went unheard: at once if all advances went
 * through, else once its debts are paid or its circuit has closed, and after a while at the latest. Who tells nothing gets that while.
 */
function knownToOthersAt({ events }: WorkerRecord, { candidate, faultAt, healedAt }: RoundRecord): number {
  const late = healedAt + OTHERS_GRACE_MS;
  if (candidates[candidate].family !== 'ours') return late;
  const tells = events.some(
    ({ name, operation, at }) => at >= faultAt && (name !== 'store:failed' || operation === 'advance'),
  );
  if (!tells) return healedAt;
  const last = (name: string) => events.findLast((event) => event.name === name && event.at >= healedAt)?.at;
  return Math.min(last('debt:paid') ?? last('circuit:closed') ?? late, late);
}
