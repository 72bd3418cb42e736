import 'reflect-metadata';
import { suites } from './smoke/suites.js';

// Globals of jest and vitest alike.
declare function describe(name: string, body: () => void): void;
declare function it(name: string, body: () => Promise<void>): void;
declare function beforeAll(body: () => Promise<void>, timeout: number): void;
declare function afterAll(body: () => Promise<void>, timeout: number): void;

for (const suite of suites(process.env)) {
  describe(suite.name, () => {
    beforeAll(() => suite.start(), 60_000);
    afterAll(() => suite.close(), 60_000);

    for (const [title, check] of Object.entries(suite.facts)) it(title, check);
  });
}
