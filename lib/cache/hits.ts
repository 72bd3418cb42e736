import type { Standing } from '../store/cache-store.js';
import { missed, storedFor, take, type Tell } from './answered-requests.js';
import type { ClockView } from './clock-view.js';
import type { ExpectedRows } from './expected-rows.js';
import type { Fills } from './fills.js';
import { judge, type Judgement, type Later, type Unseen } from './judgement.js';
import { withJournal } from './journals.js';
import { isWithin } from './leeway.js';
import { Lookups } from './lookups.js';
import type { NearCache } from './near-cache.js';
import type { Answer } from './question.js';
import type { Loads, ReadRequest } from './read-request.js';
import type { Redated } from './redated.js';
import type { Stored } from './stored.js';

/** What is stored for a request and answers it, true or not. */
interface Judged<T> {
  readonly request: ReadRequest<T>;
  readonly stored: Stored;
  judgement: Judgement;
  /** Of the answer it was judged by. */
  standing?: Standing | undefined;
}

interface HitOptions<T> {
  /** Gets those that are shown past their timeout. Default: none is. */
  readonly expired?: ReadRequest<T>[];
  /** Default: nobody looks at rows. */
  readonly see?: Loads<T>['see'] | undefined;
}

/** Which of what the store has is still true. */
export class Hits {
  readonly #lookups: Lookups;

  constructor(
    private readonly expected: ExpectedRows,
    private readonly redated: Redated,
    private readonly near: NearCache,
    private readonly fills: Fills,
    private readonly parse: Parameters<Fills['writeBack']>[3],
    budgetMs: number,
  ) {
    this.#lookups = new Lookups(expected.journals.rows, budgetMs);
  }

  /** The requests whose stored entry is still true, decoded. */
  async of<T>(
    requests: readonly ReadRequest<T>[],
    answer: Answer,
    tell: Tell,
    { expired, see }: HitOptions<T> = {},
  ): Promise<Map<ReadRequest<T>, T>> {
    const judged = this.#stored(requests, answer, tell);
    await this.#askFurther(judged, answer);
    if (see) await this.#lookAtRows(judged, answer, see);
    const hits = new Map<ReadRequest<T>, T>();
    for (const { request, stored, judgement, standing } of judged) {
      if (judgement.isTrue && judgement.later) this.#redate(request.key, stored, judgement.later);
      this.expected.saw(request.key, stored.head.dependencies);
      if (!judgement.isTrue) {
        this.forget(request);
        missed(tell, request, 'stale', judgement.isTrue === false ? judgement.cause : undefined);
      } else if (isWithin(stored.head, 0)) take(request, stored, hits, tell, standing);
      else if (!expired || !isWithin(stored.head, request.leeway?.revalidateMs ?? 0)) missed(tell, request, 'expired');
      else if (take(request, stored, hits, tell, undefined, 'expired')) expired.push(request);
    }
    return hits;
  }

  /** What the store is known not to have, or to have as stale, is shown to nobody after that, whatever an older answer still vouches for. */
  forget({ key }: ReadRequest<unknown>): void {
    this.near.delete(key);
  }

  #stored<T>(requests: readonly ReadRequest<T>[], answer: Answer, tell: Tell): Judged<T>[] {
    const { view, standing } = answer;
    const judged: Judged<T>[] = [];
    for (const request of requests) {
      const stored = storedFor(request, answer, tell);
      if (!stored) {
        this.forget(request);
        continue;
      }
      const { head } = stored;
      head.dependencies = this.redated.of(request.key, stored.mark) ?? head.dependencies;
      judged.push({ request, stored, judgement: judge(head, view), standing });
    }
    return judged;
  }

  /** About entries whose tables have moved, which this process has not heard before. */
  async #askFurther<T>(judged: readonly Judged<T>[], answer: Answer): Promise<void> {
    if (judged.every(({ judgement }) => judgement.isTrue !== undefined)) return;
    const open = judged.flatMap((each) =>
      each.judgement.isTrue === undefined ? { each, missing: each.judgement.missing } : [],
    );
    const { journals } = this.expected;
    // The rows are of what turns out to be stale, for its load.
    const asked = open.flatMap(({ each, missing }) => [
      ...missing.map((dependency) => withJournal(dependency, journals)),
      ...each.request.rows,
    ]);
    const further = await answer.further(asked);
    for (const { each } of open) this.#judgeAgain(each, answer.view, further);
  }

  /**
   * Where that may save loads: at rows of which writes have told no more than their keys. All clocks are asked for after that once more, since
   * whoever looks at a row may see what a write has done that has not told of it yet: then its hold is there.
   */
  async #lookAtRows<T>(judged: readonly Judged<T>[], answer: Answer, see: NonNullable<Loads<T>['see']>): Promise<void> {
    if (judged.every(({ judgement }) => judgement.isTrue)) return;
    const open = judged.flatMap((each) =>
      each.judgement.isTrue === false && each.judgement.unseen ? { each, unseen: each.judgement.unseen } : [],
    );
    if (!open.length) return;
    const unseen: readonly Unseen[] = open.flatMap((each) => each.unseen);
    if (!(await this.#lookups.see(unseen, answer.view, see))) return;
    const { journals } = this.expected;
    const asked = open.flatMap(({ each }) =>
      each.stored.head.dependencies.map((dependency) => withJournal(dependency, journals)),
    );
    const later = await answer.further(asked);
    if (later?.epoch === answer.view.epoch) for (const { each } of open) this.#judgeAgain(each, later);
  }

  /** Nobody vouches for clocks that were asked for later than the answer. */
  #judgeAgain<T>(each: Judged<T>, view: ClockView, further?: ClockView): void {
    const judgement = judge(each.stored.head, view, further);
    // What is known of why it is stale is more than that nobody can say.
    each.judgement = judgement.isTrue === undefined ? { ...each.judgement, isTrue: false } : judgement;
    each.standing = undefined;
  }

  /** It was found true as of a later moment than it says. */
  #redate(key: string, { head, mark }: Stored, later: Later): void {
    const before = head.dependencies;
    head.dependencies = later.dependencies;
    this.#remember(head.epoch, later);
    if (!this.redated.set(key, mark, before, later)) return;
    this.fills.writeBack(key, mark, later.dependencies, this.parse);
  }

  /** What its rows hold in the columns it is filtered by, they hold still. */
  #remember(epoch: string, { dependencies, footprints }: Later): void {
    this.expected.journals.rows.sawEntry(epoch, dependencies, (i) => footprints?.[i]);
  }
}
