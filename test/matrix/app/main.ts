import 'reflect-metadata';
import { suites } from './smoke/suites.js';

/** Never calls `process.exit`: that closing ends the process is a fact as well. */
async function main(): Promise<void> {
  let [passed, failed] = [0, 0];
  for (const suite of suites(process.env)) {
    await suite.start();
    for (const [title, check] of Object.entries(suite.facts)) {
      try {
        await check();
        passed++;
      } catch (error) {
        failed++;
        console.error(`not so ${suite.name}: ${title}\n`, error);
      }
    }
    await suite.close();
  }
  console.log(`${passed} facts hold, ${failed} do not`);
  if (failed > 0) process.exitCode = 1;
}

void main();
