// npm run forgery -- [--minutes N] [--seed N]: forges entries for as long, with a small heap, and says what became of them.
import 'reflect-metadata';
import { parseArgs } from 'node:util';
import { openApplication } from './application.js';
import { forge } from './forge.js';

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '60' }, seed: { type: 'string' } } });
const minutes = Number(values.minutes);
if (!(minutes > 0)) throw new Error(`--minutes ${values.minutes} leaves no time to forge. Give a number above 0.`);
const firstSeed = values.seed === undefined ? Date.now() % 2 ** 32 : Number(values.seed);

const secret = 'a secret of more than thirty-two characters';
const end = Date.now() + minutes * 60_000;
const applications = [
  { name: 'without a secret', trusts: true, application: await openApplication() },
  { name: 'signed', trusts: false, application: await openApplication({ secret }) },
  { name: 'encrypted', trusts: false, application: await openApplication({ secret, encrypt: true }) },
];
let highest = 0;
for (let seed = firstSeed; Date.now() < end; seed++) {
  for (const { name, trusts, application } of applications) {
    const pause = Math.min(end, Date.now() + 30_000);
    const { forged, served } = await forge(application, { seed, until: () => Date.now() >= pause, trusts });
    highest = Math.max(highest, process.memoryUsage().rss);
    console.log(
      `seed ${seed}, ${name}: ${forged} forged, ${served} of them served, ${Math.round(highest / 2 ** 20)} MB at most`,
    );
  }
}
for (const { application } of applications) await application.close();
