/** Long enough for the processor's caches to settle, short enough that the machine's moods hit everybody alike. */
const TURN_MS = 50;
const WARM_UP_SHARE = 0.3;
/**
 * Before everything timed. Asked without a pause, a server's processor never falls asleep, so those that do least
 * between two questions would also get the quickest answers.
 */
const PAUSE_MS = 0.2;

/**
 * Runs every task in turns, one after the other, round after round, and times every single `run`, after an untimed `prepare` if it has one.
 * By name: microseconds, and the queries a run cost on average, as counted by `queries()`.
 */
export async function measure(tasks, { seconds, signal, turnMs = TURN_MS }) {
  const records = tasks.map((task) => ({ task, times: [], queries: 0 }));
  await inTurns(records, { seconds, signal, turnMs }, async (record, counts) => {
    const turn = await takeTurn(record.task, turnMs);
    if (!counts) return;
    record.queries += turn.queries;
    record.times.push(...turn.times);
  });
  return Object.fromEntries(records.map((record) => [record.task.name, summarise(record)]));
}

/** `take(each, counts)` for each of them, round after round; the first rounds do not count. */
export async function inTurns(all, { seconds, signal, turnMs }, take) {
  const rounds = Math.max(1, Math.round((seconds * 1000) / turnMs));
  const warmUps = Math.ceil(rounds * WARM_UP_SHARE);
  for (let round = -warmUps; round < rounds; round++) {
    for (const each of all) {
      signal.throwIfAborted();
      await take(each, round >= 0);
    }
  }
}

/** Of numbers in any order. */
export function median(numbers) {
  return quantile(Float64Array.from(numbers).sort(), 0.5);
}

async function takeTurn({ run, prepare, queries = () => 0 }, turnMs) {
  const turn = { times: [], queries: 0 };
  const end = performance.now() + turnMs;
  while (performance.now() < end) {
    await prepare?.();
    pause();
    const before = queries();
    const start = performance.now();
    await run();
    turn.times.push(performance.now() - start);
    turn.queries += queries() - before;
  }
  return turn;
}

/** Busy: a timer would be late by more than the pause, and let this processor fall asleep as well. */
function pause() {
  const end = performance.now() + PAUSE_MS;
  while (performance.now() < end);
}

function summarise({ task, times, queries }) {
  mustNotAsk(task, queries, times.length);
  const sorted = Float64Array.from(times).sort();
  const [p10, p50, p95] = [0.1, 0.5, 0.95].map((share) => quantile(sorted, share) * 1000);
  return { p10, p50, p95, runs: times.length, queriesPerRun: queries / times.length };
}

/** @throws where a cache has asked the database */
export function mustNotAsk({ name, cached }, queries, runs) {
  if (!cached || queries === 0) return;
  throw new Error(
    `${name} asked the database ${queries} times in ${runs} reads, so its figures are not of hits. Look at its timeouts, and at who writes meanwhile.`,
  );
}

function quantile(sorted, share) {
  return sorted[Math.floor(share * (sorted.length - 1))];
}
