import { onTestFinished, expect, it } from 'vitest';
import { openApplication } from './application.js';
import { forge } from './forge.js';

const secret = 'a secret of more than thirty-two characters';

it.each([
  ['as they are', 30_000, undefined],
  ['signed', 10_000, { secret }],
  ['encrypted', 10_000, { secret, encrypt: true }],
])('forged entries harm no read, and no read after it: %s', { timeout: 120_000 }, async (_, lastsMs, options) => {
  const application = await openApplication(options);
  onTestFinished(() => application.close());
  const end = Date.now() + lastsMs;
  // In CI the same ones every time, as far as the time goes: a red run must be about the change it runs for.
  const seed = process.env.CI ? 20_261_122 : Date.now() % 2 ** 32;
  const { forged, served } = await forge(application, { seed, until: () => Date.now() > end, trusts: !options });
  expect(forged).toBeGreaterThan(100);
  // Without a secret, what is well made is believed.
  if (!options) expect(served).toBeGreaterThan(5);
});
