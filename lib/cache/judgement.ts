import type { Change } from '../journal/change.js';
import { type Footprints, parseFootprints } from '../journal/footprint.js';
import { mayAffect } from '../journal/judge.js';
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
  | { readonly isTrue: false; readonly cause?: Cause }
  /** It is for clocks and journals to say that nobody has asked for: of these. */
  | { readonly isTrue: undefined; readonly missing: Dependencies };

type Dependencies = readonly DatedDependency[];

/** An entry is true as of a later moment than it says. */
export interface Later {
  readonly dependencies: Dependencies;
  /** Only journals say so, and not for ever. */
  readonly isByJournal: boolean;
  /** What it rests on, dependency by dependency, as far as that was asked for. */
  readonly footprints?: readonly (Footprints | undefined)[] | undefined;
}

const UNMOVED: Judgement = { isTrue: true };

/** Whether nothing an entry shows was written since its as-of. @param further asked for later than the view, and of the same history */
export function judge(head: EntryHead, view: ClockView, further?: ClockView): Judgement {
  const { dependencies } = head;
  if (dependencies.every((dependency) => view.isUnmoved(dependency))) return UNMOVED;
  const footprints = once(() => parseFootprints(head.footprints));
  const later: DatedDependency[] = [];
  let isByJournal = false;
  let hold: string | undefined;
  const missing: DatedDependency[] = [];
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
    else if (typeof judged === 'object') return { isTrue: false, cause: judged };
    else later.push({ ...dependency, asOf: judgedBy.nowOf(dependency.clock) });
    isByJournal ||= judged === 'by journal';
    if (judgedBy.hasHold(dependency.clock)) hold ??= dependency.clock;
  }
  // What it covers may be visible, and what was told may build on it: a remark on an article that nobody has heard of yet.
  if (isByJournal && hold !== undefined) return { isTrue: false, cause: { clock: hold } };
  return missing.length
    ? { isTrue: undefined, missing }
    : { isTrue: true, later: { dependencies: later, isByJournal, footprints: isByJournal ? footprints() : undefined } };
}

/** That it is true, by what, or why it is stale; `undefined` where that is for an answer to say that nobody has asked for. */
function judgeOne(
  dependency: DatedDependency,
  view: ClockView,
  footprint: () => Footprints | undefined,
): 'by clocks' | 'by journal' | Cause | undefined {
  const isUnwritten = view.judge(dependency);
  if (isUnwritten !== false) return isUnwritten && 'by clocks';
  const { clock, isJournaled } = dependency;
  if (!isJournaled) return { clock, isAny: true };
  const told = view.told(dependency);
  if (told === 'unasked') return undefined;
  if (!told) return { clock };
  const places = footprint();
  if (!places) return { clock, isAny: true };
  for (const changes of told) {
    if (!changes) return { clock };
    const change = changes.find((each) =>
      places.some(
        (place) => mayAffect(each, place) && mayAffect(each, place, view.recall(dependency, place.key, each)),
      ),
    );
    if (change) return { clock, change };
  }
  return 'by journal';
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
