import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const specs = [
  'compile-rows',
  'construction',
  'golden',
  'own-properties',
  'payload',
  'reading',
  'shared-rows',
  'transformers',
];

it('codes and decodes the same where text may not become code', async () => {
  const vitest = `${import.meta.dirname}/../../../node_modules/vitest/vitest.mjs`;
  const files = specs.map((name) => `test/unit/codec/${name}.spec.ts`);
  const { stdout } = await promisify(execFile)(process.execPath, [vitest, 'run', '--reporter=json', ...files], {
    env: { ...process.env, NODE_OPTIONS: '--disallow-code-generation-from-strings' },
  });
  const { success, numTotalTestSuites, testResults } = JSON.parse(stdout.slice(stdout.indexOf('{'))) as {
    success: boolean;
    numTotalTestSuites: number;
    testResults: { assertionResults: { title: string; status: string }[] }[];
  };
  expect(success).toBe(true);
  expect(numTotalTestSuites).toBeGreaterThanOrEqual(specs.length);
  const passed = testResults.flatMap(({ assertionResults }) =>
    assertionResults.filter(({ status }) => status === 'passed'),
  );
  // That the flag arrived.
  expect(passed.map(({ title }) => title)).toContain('are one where text may not become code');
}, 120_000);
