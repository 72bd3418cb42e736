// The processes below this one, as `ps` knows them. Where there is no `ps`, none are found.
import { spawnSync } from 'node:child_process';

/** Children, their children and so on; `ps` itself is not among them. */
export function descendants() {
  const all = processes();
  const below = [];
  const visit = (parent) => {
    for (const found of all.filter(({ ppid }) => ppid === parent)) {
      below.push(found);
      visit(found.pid);
    }
  };
  visit(process.pid);
  return below;
}

/** Ends those that still run, at once. */
export function end(candidates) {
  if (candidates.length === 0) return;
  // A number alone may be another process by now.
  const alive = new Set(processes().map(identity));
  for (const candidate of candidates.filter((each) => alive.has(identity(each)))) {
    try {
      process.kill(candidate.pid, 'SIGKILL');
    } catch {
      // Gone meanwhile.
    }
  }
}

function processes() {
  const { pid: own, stdout } = ps();
  return (stdout ?? '')
    .split('\n')
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.+)$/.exec(line))
    .filter(Boolean)
    .map(([, pid, ppid, state, started]) => ({ pid: Number(pid), ppid: Number(ppid), state, started }))
    .filter(({ pid, state }) => pid !== own && !state.startsWith('Z'));
}

/** Asked again when a signal has ended it: the second of two Ctrl-C reaches it as well, which was started on the first. */
function ps(tries = 10) {
  const answer = spawnSync('ps', ['-A', '-o', 'pid=,ppid=,stat=,lstart='], { encoding: 'utf8' });
  return answer.signal && tries > 1 ? ps(tries - 1) : answer;
}

function identity({ pid, started }) {
  return `${pid} ${started}`;
}
