/** Long enough for the processor's caches to settle, short enough that the machine's moods hit every candidate alike. */
const TURN_MS = 50;
const WARM_UP_SHARE = 0.3;
/**
 * Before every read, untimed. Asked without a pause, a server's processor never falls asleep, so the candidates that do least
 * between two questions would also get the quickest answers.
 */
const PAUSE_MS = 0.2;

/** Reads a shape in turns, candidate after candidate, round after round, and times every single read. */
export async function measure(candidates, shape, { seconds, signal }) {
  const runs = candidates.map((candidate) => ({ candidate, times: [], queries: 0 }));
  const rounds = Math.max(1, Math.round((seconds * 1000) / TURN_MS));
  const warmUps = Math.ceil(rounds * WARM_UP_SHARE);
  for (let round = -warmUps; round < rounds; round++) {
    for (const run of runs) {
      signal.throwIfAborted();
      const before = run.candidate.queries();
      const times = await takeTurn(run.candidate, shape);
      if (round < 0) continue;
      run.queries += run.candidate.queries() - before;
      run.times.push(...times);
    }
  }
  return runs.map(summarise);
}

async function takeTurn({ read }, shape) {
  const times = [];
  const end = performance.now() + TURN_MS;
  while (performance.now() < end) {
    pause();
    const start = performance.now();
    await read(shape);
    times.push(performance.now() - start);
  }
  return times;
}

/** Busy: a timer would be late by more than the pause, and let this processor fall asleep as well. */
function pause() {
  const end = performance.now() + PAUSE_MS;
  while (performance.now() < end);
}

function summarise({ candidate, times, queries }) {
  const queriesPerRead = queries / times.length;
  if (candidate.cached && queries > 0) {
    throw new Error(
      `${candidate.name} asked the database in ${queries} of ${times.length} reads, so its figures are not of hits.`,
    );
  }
  const sorted = Float64Array.from(times).sort();
  const microseconds = (share) => sorted[Math.floor(share * (sorted.length - 1))] * 1000;
  const [p10, p50, p95] = [0.1, 0.5, 0.95].map(microseconds);
  return { name: candidate.name, p10, p50, p95, reads: times.length, queriesPerRead };
}
