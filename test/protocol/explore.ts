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
  /** Equal for two such moments where it follows from the same steps, one by one. */
  arrangement(): string;
  /** What must never be, where it is. */
  violation(): string | undefined;
}

/** The shortest way to a violation that was found, and what it is. */
interface Counterexample {
  readonly trail: readonly string[];
  readonly violation: string;
}

export interface Exploration {
  readonly states: number;
  /** How many steps were tried. */
  readonly executions: number;
  /** Whether every order was tried; false when the bound or a counterexample came first. */
  readonly complete: boolean;
  readonly counterexample?: Counterexample;
}

/** What a run has done so far, by its last step. */
interface Way {
  readonly before: Way | undefined;
  readonly length: number;
  readonly choice: number;
  readonly label: string;
  readonly told: string;
}

/** A moment, as the first run that came there has found it. */
interface Moment {
  readonly way: Way | undefined;
  readonly length: number;
  readonly branches: number;
  readonly arrangement: string;
  /** How many of its branches were tried. */
  tried: number;
}

/**
 * Tries every order of steps. Promises cannot be copied, but given the same choices they do the same: a run is led to the earliest moment that
 * has steps nobody has tried, and from there goes on as long as it meets such moments, whoever has been there before. Where one ends with a violation
 * the others look for a shorter way.
 */
export async function explore(begin: () => World, mostExecutions: number): Promise<Exploration> {
  const seen = new Map<string, Moment>();
  /** By how many steps led to them. */
  const moments: Moment[][] = [];
  let executions = 0;
  let counterexample: Counterexample | undefined;

  const isOpen = (moment: Moment, length: number) =>
    moment.tried < moment.branches && length + 1 < (counterexample?.trail.length ?? Infinity);

  const arrive = (world: World, way: Way | undefined): Moment | undefined => {
    const violation = world.violation();
    if (violation !== undefined) {
      counterexample = { trail: stepsOf(way).map(({ told }) => told), violation };
      return undefined;
    }
    const fingerprint = world.fingerprint();
    const known = seen.get(fingerprint);
    if (known) return isOpen(known, way!.length) && known.arrangement === world.arrangement() ? known : undefined;
    const length = way?.length ?? 0;
    const moment = { way, length, branches: world.steps().length, arrangement: world.arrangement(), tried: 0 };
    seen.set(fingerprint, moment);
    (moments[length] ??= []).push(moment);
    return moment;
  };

  arrive(await replay(begin, undefined), undefined);
  for (let length = 0; length < moments.length; length++) {
    for (const moment of moments[length] ?? []) {
      while (isOpen(moment, length)) {
        const world = await replay(begin, moment.way);
        let { way } = moment;
        for (let at: Moment | undefined = moment; at && isOpen(at, way?.length ?? 0); at = arrive(world, way)) {
          if (executions === mostExecutions) return { states: seen.size, executions, complete: false };
          if (executions++ % 100 === 0) await breathe();
          way = await take(world, at.tried++, way);
        }
      }
    }
  }
  const found = { states: seen.size, executions, complete: counterexample === undefined };
  return counterexample ? { ...found, counterexample } : found;
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

async function replay(begin: () => World, way: Way | undefined): Promise<World> {
  const world = begin();
  await quiet();
  for (const { choice, label } of stepsOf(way)) {
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

async function take(world: World, choice: number, before: Way | undefined): Promise<Way> {
  const step = world.steps()[choice]!;
  const { label } = step;
  const told = (await step.take()) ?? label;
  await quiet();
  return { before, length: (before?.length ?? 0) + 1, choice, label, told };
}

function stepsOf(way: Way | undefined): Way[] {
  const steps: Way[] = [];
  for (let at = way; at; at = at.before) steps.unshift(at);
  return steps;
}
