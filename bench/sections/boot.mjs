import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { median } from '../measure.mjs';

const BOOTS = 7;
const program = fileURLToPath(new URL('../boot/once.mjs', import.meta.url));

export const WITH = 'with QsCacheModule';
export const WITHOUT = 'without';

export const boot = {
  name: 'boot',
  async measure({ services: { id, database, redisUrl }, signal }) {
    const application = { namespace: `${id}-boot`, database: { type: database.type, url: database.url }, redisUrl };
    const boots = { [WITHOUT]: [], [WITH]: [] };
    // The first ones make the tables and fill the file system's caches.
    for (let round = -1; round < BOOTS; round++) {
      for (const [name, tookMs] of Object.entries(boots)) {
        signal.throwIfAborted();
        const took = await bootOnce({ ...application, synchronize: round < 0, cached: name === WITH });
        if (round >= 0) tookMs.push(took);
      }
    }
    const figures = Object.entries(boots).map(([name, tookMs]) => [name, { ms: median(tookMs) }]);
    return tabled({ boot: Object.fromEntries(figures) });
  },
};

/** What this module adds, in milliseconds. */
export function bootAdds({ [WITH]: { ms }, [WITHOUT]: { ms: without } }) {
  return ms - without;
}

/** In a process of its own: an application's first boot is its only one. */
async function bootOnce(application) {
  const child = fork(program, [JSON.stringify(application)]);
  const exited = once(child, 'exit');
  const told = once(child, 'message').then(([tookMs]) => tookMs);
  const tookMs = await Promise.race([told, exited.then(([code]) => failed(code))]);
  await exited;
  return tookMs;
}

function failed(code) {
  throw new Error(
    `An application of the section boot ended with ${code} before it stood, so there is nothing to measure.`,
  );
}

function tabled(figures) {
  return {
    figures,
    table: {
      title: 'Boot',
      note: `Milliseconds until an application context with 100 entities and their managers stands, importing this library included; median of ${BOOTS} processes.`,
      columns: [WITHOUT, WITH, 'added'],
      rows: [
        [
          '100 entities and managers',
          ...[figures.boot[WITHOUT].ms, figures.boot[WITH].ms, bootAdds(figures.boot)].map((ms) => ms.toFixed(0)),
        ],
      ],
    },
  };
}
