// Kept: a test that fakes the time may put something else in their place, which then waits for the test.
const microtask = queueMicrotask;
const { nextTick } = process;

/**
 * Runs something when every promise that can settle has settled: what is asked for until then can be asked for together. It comes
 * before timers and sockets, so waiting for it costs no time.
 */
export function atEndOfTurn(work: () => void): void {
  // A tick asked for outside of promises comes before them; asked for by one, after the last.
  microtask(() => nextTick(work));
}

export function endOfTurn(): Promise<void> {
  return new Promise(atEndOfTurn);
}
