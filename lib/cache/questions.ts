import { Budget } from '../store/cache-store.js';
import type { ExpectedRows } from './expected-rows.js';
import { Question, type QuestionContext } from './question.js';
import type { ReadRequest } from './read-request.js';

/** Keys of one question, unless one reader alone has more; more only make whoever waits for the first of them wait for the last. */
const MOST_KEYS = 500;

/** What a reader asks of the store about one key. */
type Asked = Pick<ReadRequest<unknown>, 'key' | 'rows'>;

/** The questions of one turn about the same clocks. */
interface Open {
  readonly byKey: Map<string, Question>;
  latest: Question;
}

/** One question per turn and set of clocks: ten thousand readers of a key cost the store as much as one. */
export class Questions {
  readonly #open = new Map<string, Open>();
  readonly #heard: QuestionContext['heard'] = (clocks: readonly string[], now: readonly number[]) =>
    this.expected.heard(clocks, now);

  constructor(
    private readonly context: Pick<QuestionContext, 'store' | 'failed' | 'parse' | 'near' | 'journals'>,
    private readonly budgetMs: number,
    private readonly expected: ExpectedRows,
  ) {}

  /** The question that will be put for these readers, all of whom ask about the same clocks. */
  join(clocks: readonly string[], asked: readonly Asked[]): Question {
    const open = this.#openOf(clocks);
    const known = asked.length === 1 ? open.byKey.get(asked[0]!.key) : undefined;
    // What somebody asks for already is not asked for twice; what their dependencies leave out costs a second round trip.
    if (known && !known.isSent) return known;
    if (open.latest.size && open.latest.size + asked.length > MOST_KEYS) open.latest = this.#question(clocks);
    for (const { key, rows } of asked) {
      if (open.byKey.get(key) === open.latest) continue;
      open.latest.about(key, this.expected.of(key, rows));
      open.byKey.set(key, open.latest);
    }
    return open.latest;
  }

  #openOf(clocks: readonly string[]): Open {
    const name = nameOf(clocks);
    const known = this.#open.get(name);
    if (known && !known.latest.isSent) return known;
    const open: Open = {
      byKey: new Map(),
      latest: this.#question(clocks, () => this.#open.delete(name)),
    };
    this.#open.set(name, open);
    return open;
  }

  #question(clocks: readonly string[], sent?: () => void): Question {
    // Property by property: this is on every reader's way, and a spread takes microseconds.
    const { store, failed, parse, near, journals } = this.context;
    const heard = this.#heard;
    return new Question(
      { store, failed, parse, near, journals, heard, clocks, budget: new Budget(this.budgetMs) },
      sent,
    );
  }
}

const names = new WeakMap<readonly string[], string>();

/** Equal for lists of the same clocks. Whoever asks about them again mostly has the same list. */
function nameOf(clocks: readonly string[]): string {
  let name = names.get(clocks);
  if (name === undefined) names.set(clocks, (name = clocks.join('\n')));
  return name;
}
