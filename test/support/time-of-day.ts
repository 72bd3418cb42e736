import { onTestFinished, vi } from 'vitest';

const now = Date.now.bind(Date);
let passed = 0;

/** This process' time of day, until the test ends: a Redis keeps its own. */
export function timeOfDay(): { pass(ms: number): void } {
  const spy = vi.spyOn(Date, 'now').mockImplementation(() => now() + passed);
  onTestFinished(() => {
    passed = 0;
    spy.mockRestore();
  });
  return { pass: (ms) => void (passed += ms) };
}
