import type { Change, Image } from '../journal/change.js';
import { type Footprints, type NamedRows, parseFootprints } from '../journal/footprint.js';
import { mayAffect, unseenBy } from '../journal/judge.js';
import type { ClockView } from './clock-view.js';
import type { DatedDependency, EntryHead } from './entry.js';

/** Why an entry is stale. */
export interface Cause {
  readonly clock: string;
  /** `undefined` where nobody knows what was written. */
  readonly change?: Change | undefined;
  /** Without a change: any write there counts to the entry, whatever it did. Default: it is not known what the write did. */
  readonly isAny?: boolean;
}

/** What clocks and journals say of an entry. */
export type Judgement =
  | { readonly isTrue: true; readonly later?: Later }
  | { readonly isTrue: false; readonly cause?: Cause; readonly unseen?: readonly Unseen[] }
  /** It is for clocks and journals to say that nobody has asked for: of these. */
  | { readonly isTrue: undefined; readonly missing: Dependencies };

type Dependencies = readonly DatedDependency[];

/** Rows of a table, of which nobody here knows what they hold: where that is known, the entry may turn out to be true. */
export interface Unseen extends NamedRows {
  readonly clock: string;
  /** By the columns of the key, at least. */
  readonly rows: readonly Image[];
}

/** An entry is true as of a later moment than it says. */
export interface Later {
  readonly dependencies: Dependencies;
  /** Only journals say so, and not for ever. */
  readonly isByJournal: boolean;
  /** What it rests on, dependency by dependency, as far as that was asked for. */
  readonly footprints?: readonly (Footprints | undefined)[] | undefined;
}

const UNMOVED: Judgement = { isTrue: true };

/** Changes of one table for which it is asked what is known of rows: beyond, an entry is stale. Nobody else goes on meanwhile. */
const MOST_ASKED = 256;

/** Rows that these name together: one may name dozens. */
const MOST_ROWS_ASKED = 1_024;

/** Changes that only rows can clear which nobody has seen: beyond, too many would have to be looked at. */
const MOST_UNSEEN = 100;

/** Whether nothing an entry shows was written since its as-of. @param further asked for later than the view, and of the same history */
export function judge(head: EntryHead, view: ClockView, further?: ClockView): Judgement {
  const { dependencies } = head;
  if (dependencies.every((dependency) => view.isUnmoved(dependency))) return UNMOVED;
  const footprints = once(() => parseFootprints(head.footprints));
  const later: DatedDependency[] = [];
  let isByJournal = false;
  let hold: string | undefined;
  const missing: DatedDependency[] = [];
  let doubt: Doubt | undefined;
  for (let i = 0; i < dependencies.length; i++) {
    const dependency = dependencies[i]!;
    const footprint = () => footprints()?.[i];
    let judged = judgeOne(dependency, view, footprint);
    let judgedBy = view;
    if (judged === undefined && further?.epoch === head.epoch) {
      judged = judgeOne(dependency, further, footprint);
      judgedBy = further;
    }
    if (judged === undefined) missing.push(dependency);
    else if (typeof judged !== 'object') later.push({ ...dependency, asOf: judgedBy.nowOf(dependency.clock) });
    else if (!('unseen' in judged)) return { isTrue: false, cause: judged };
    else doubt = doubt ? { ...doubt, unseen: [...doubt.unseen, ...judged.unseen] } : judged;
    isByJournal ||= judged === 'by journal';
    if (judgedBy.hasHold(dependency.clock)) hold ??= dependency.clock;
  }
  // What it covers may be visible, and what was told may build on it: a remark on an article that nobody has heard of yet.
  if (isByJournal && hold !== undefined) return { isTrue: false, cause: { clock: hold } };
  if (missing.length) return { isTrue: undefined, missing };
  if (doubt) return { isTrue: false, ...doubt };
  return {
    isTrue: true,
    later: { dependencies: later, isByJournal, footprints: isByJournal ? footprints() : undefined },
  };
}

/** What may have made an entry stale, which is for rows to say that nobody has seen. */
interface Doubt {
  readonly cause: Cause;
  readonly unseen: readonly Unseen[];
}

/** That it is true, by what, or why it is stale; `undefined` where that is for an answer to say that nobody has asked for. */
function judgeOne(
  dependency: DatedDependency,
  view: ClockView,
  footprint: () => Footprints | undefined,
): 'by clocks' | 'by journal' | Cause | Doubt | undefined {
  const isUnwritten = view.judge(dependency);
  if (isUnwritten !== false) return isUnwritten && 'by clocks';
  const { clock, isJournaled } = dependency;
  if (!isJournaled) return { clock, isAny: true };
  const told = view.told(dependency);
  if (told === 'unasked') return undefined;
  if (!told) return { clock };
  const places = footprint();
  if (!places) return { clock, isAny: true };
  const recalls = places.map((place) => once(() => view.recall(dependency, place)));
  let first: Change | undefined;
  let asked = 0;
  let rowsAsked = 0;
  const unseen: Unseen[] = [];
  for (const changes of told) {
    if (!changes) return { clock };
    for (const change of changes) {
      for (const [i, place] of places.entries()) {
        if (!mayAffect(change, place)) continue;
        rowsAsked += change.rows?.length ?? 1;
        if (++asked > MOST_ASKED || rowsAsked > MOST_ROWS_ASKED) return { clock, change };
        const recall = recalls[i]!()(change);
        if (!mayAffect(change, place, recall)) continue;
        const rows = unseenBy(change, place, recall);
        if (!rows || unseen.length >= MOST_UNSEEN) return { clock, change };
        first ??= change;
        unseen.push({ clock, table: place.table, key: place.key, rows });
      }
    }
  }
  return first ? { cause: { clock, change: first }, unseen } : 'by journal';
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
