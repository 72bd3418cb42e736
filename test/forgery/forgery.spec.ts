import { onTestFinished, expect, it } from 'vitest';
import { openApplication } from './application.js';
import { forge } from './forge.js';

it('forged entries harm no read, and no read after it', { timeout: 120_000 }, async () => {
  const application = await openApplication();
  onTestFinished(() => application.close());
  const end = Date.now() + 30_000;
  const outcome = await forge(application, { seed: Date.now() % 2 ** 32, until: () => Date.now() > end, trusts: true });
  expect(outcome.forged).toBeGreaterThan(1_000);
  // Without a secret, what is well made is believed.
  expect(outcome.served).toBeGreaterThan(10);
});
