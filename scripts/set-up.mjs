// Brings a clone up to date, with `sample-app` that too, then runs a command: node scripts/set-up.mjs sample-app -- node main.js
//
// One process for both, since npm tells a signal to what it has started, and a shell between them would keep it to itself.
import { cleanUp, exitCode, runInForeground } from './processes.mjs';
import { bringUpToDate } from './up-to-date.mjs';

const { own, command } = split(process.argv.slice(2));
let code = 1;

try {
  await bringUpToDate({ sampleApp: own.includes('sample-app') });
  code = command.length > 0 ? await runInForeground(command[0], command.slice(1)) : 0;
} catch (error) {
  console.error(error.output ?? error.message);
  code = error.exitCode ?? 1;
} finally {
  await cleanUp();
  process.exitCode = exitCode(code);
}

function split(args) {
  const at = args.indexOf('--');
  return at < 0 ? { own: args, command: [] } : { own: args.slice(0, at), command: args.slice(at + 1) };
}
