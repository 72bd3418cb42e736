/** One thing that may happen next. */
export interface Step {
  readonly label: string;
  /** The result tells more than the label, where there is more to tell. */
  take(): void | Promise<string | undefined>;
}

/** One run of a scenario, under a scheduler that decides what happens next. */
export interface World {
  /** What may happen now, always in the same order. */
  steps(): readonly Step[];
  /** Equal for two moments from which the same can follow. */
  fingerprint(): string;
  /** What must never be, where it is. */
  violation(): string | undefined;
  /** Goes on where it was, after others had their turns. */
  resume(): void;
}

export interface Exploration {
  readonly states: number;
  readonly executions: number;
  /** Whether every order was tried; false when the bound came first. */
  readonly complete: boolean;
  /** The shortest way to a violation, and what it is. */
  readonly counterexample?: { readonly trail: readonly string[]; readonly violation: string };
}

/** A moment, by the choice that led to it from the one before. */
interface Moment {
  readonly before: Moment | undefined;
  readonly choice: number;
  readonly label: string;
  readonly told: string;
  /** How many steps were possible. */
  readonly branches: number;
  /** The run that got here, for the first of those who go on from it. */
  world?: World | undefined;
}

/**
 * Tries every order of steps, breadth first, so that what it finds is as short as can be. From a moment the run that
 * reached it goes on once; every other choice is made in a run of its own, from the beginning: promises cannot be copied, but given the
 * same choices they do the same.
 */
export async function explore(begin: () => World, mostExecutions: number): Promise<Exploration> {
  const seen = new Set<string>();
  let executions = 0;
  const arrive = async (before: Moment | undefined, choice: number): Promise<Moment | Exploration | undefined> => {
    if (executions++ % 100 === 0) await breathe();
    const world = await worldAt(begin, before);
    let label = '';
    let told = '';
    if (before) {
      const step = world.steps()[choice]!;
      ({ label } = step);
      told = (await step.take()) ?? label;
      await quiet();
    }
    const violation = world.violation();
    const moment = { before, choice, label, told, branches: world.steps().length, world };
    if (violation !== undefined) {
      const trail = pathTo(moment).map((each) => each.told);
      return { states: seen.size, executions, complete: false, counterexample: { trail, violation } };
    }
    const fingerprint = world.fingerprint();
    if (seen.has(fingerprint)) return undefined;
    seen.add(fingerprint);
    return moment;
  };

  let frontier: Moment[] = [];
  const first = await arrive(undefined, 0);
  if (first && 'states' in first) return first;
  if (first) frontier.push(first);
  while (frontier.length) {
    const next: Moment[] = [];
    for (const moment of frontier) {
      for (let choice = 0; choice < moment.branches; choice++) {
        if (executions >= mostExecutions) return { states: seen.size, executions, complete: false };
        const reached = await arrive(moment, choice);
        if (reached && 'states' in reached) return reached;
        if (reached) next.push(reached);
      }
    }
    frontier = next;
  }
  return { states: seen.size, executions, complete: true };
}

/**
 * Nothing left to run: a tick asked for by a promise comes when all promises have settled, and nothing here waits for anything else.
 * The engine waits for the end of its turn as well, at most three times in a row: to ask, to load, and to load for want of a share.
 */
export async function quiet(): Promise<void> {
  for (let tick = 0; tick < 4; tick++) await new Promise<void>((resolve) => process.nextTick(resolve));
}

/** Ticks come before everything else: without this, whoever runs the tests would not hear of us until we are done. */
function breathe(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

function worldAt(begin: () => World, moment: Moment | undefined): World | Promise<World> {
  const world = moment?.world;
  if (!world) return replay(begin, moment);
  moment.world = undefined;
  world.resume();
  return world;
}

async function replay(begin: () => World, moment: Moment | undefined): Promise<World> {
  const world = begin();
  await quiet();
  for (const { choice, label } of moment ? pathTo(moment) : []) {
    const step = world.steps()[choice];
    if (step?.label !== label) {
      throw new Error(
        `The same choices led to "${step?.label}" instead of "${label}": the scenario is not deterministic.`,
      );
    }
    await step.take();
    await quiet();
  }
  return world;
}

function pathTo(moment: Moment): Moment[] {
  const path: Moment[] = [];
  for (let at = moment; at.before; at = at.before) path.unshift(at);
  return path;
}
