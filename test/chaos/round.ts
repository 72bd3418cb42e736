import { setTimeout as sleep } from 'node:timers/promises';
import { now } from '../soak/now.js';
import { type CandidateName } from './candidates/names.js';
import type { Member } from './crew.js';
import type { FaultName } from './fault-names.js';
import { type Fault, faults } from './faults.js';
import type { Closing, Command, Ending, WorkerRecord } from './messages.js';
import { AGAIN_MS, CLOSE_AFTER_MS, FORGOTTEN_MS, QUIET_MS, WARM_MS, WORKERS } from './settings.js';
import type { Stage } from './stages.js';

/** Who plays a round: the workers, the last of whom reaches Redis directly, and one that closes during the fault. */
export interface Cast {
  readonly workers: readonly Member[];
  readonly closer: Member;
}

export interface RoundOptions {
  readonly fault: FaultName;
  readonly candidate: CandidateName;
  readonly seconds: number;
  readonly databaseUrl: string;
  readonly databaseName: string;
}

/** What happened in one round, by the clock of all processes. */
export interface RoundRecord {
  readonly fault: FaultName;
  readonly candidate: CandidateName;
  readonly faultAt: number;
  readonly healedAt: number;
  /** The last one is the one with a way of its own. */
  readonly workers: readonly WorkerRecord[];
  /** Of each worker, before the fault. */
  readonly rssBytes: readonly number[];
  readonly closing: Closing;
}

/** One fault, for one candidate: its caches fill, the fault comes and goes, and then nobody writes for a while, so that all is seen that went unheard. */
export async function playRound(options: RoundOptions, cast: Cast): Promise<RoundRecord> {
  const fault = faults[options.fault];
  const stage = await fault.open(options.databaseUrl, options.databaseName);
  try {
    return await play(options, cast, fault, stage);
  } catch (error) {
    await Promise.all([...cast.workers, cast.closer].map((member) => member.end()));
    throw error;
  } finally {
    await stage.stop();
  }
}

async function play(options: RoundOptions, cast: Cast, fault: Fault, stage: Stage): Promise<RoundRecord> {
  const { workers, closer } = cast;
  const everybody = [...workers, closer];
  const tell = <T = void>(members: readonly Member[], command: Command) =>
    Promise.all(members.map((member) => member.ask<T>(command)));

  await Promise.all(
    everybody.map((member, worker) => {
      const redis = worker === WORKERS - 1 ? stage.direct : stage.near;
      const { candidate, fault: namespace } = options;
      const engagement = { candidate, redis, databaseUrl: stage.databaseUrl, namespace, worker, workers: WORKERS };
      return member.ask({ do: 'open', engagement });
    }),
  );
  await tell(everybody, { do: 'read' });
  await tell(workers, { do: 'write', rows: 'all' });
  await sleep(WARM_MS);
  const rssBytes = await tell<number>(workers, { do: 'measure' });
  // A hold that the fault leaves behind would make the whole table a miss for long, and nothing could be stale.
  const pause = async () => {
    await tell(workers, { do: 'write', rows: 'none' });
    await tell(workers, { do: 'settle' });
  };
  await pause();
  if (fault.prepare) {
    await fault.prepare(stage);
    await tell(workers, { do: 'write', rows: 'one half' });
    await sleep(FORGOTTEN_MS);
    await pause();
  }

  const faultAt = now();
  await fault.bring(stage);
  // What the server is going to forget must not be told again by later writes of the same rows.
  await tell(workers, { do: 'write', rows: fault.prepare ? 'other half' : 'all' });
  await sleep(CLOSE_AFTER_MS);
  const closing = closer.ask<Closing>({ do: 'close' });
  // Waited for below: until then a failure is nobody's.
  closing.catch(() => undefined);
  await sleep(options.seconds * 1000 - CLOSE_AFTER_MS);
  await tell(workers, { do: 'write', rows: 'none' });
  await fault.heal(stage);
  const healedAt = now();

  await sleep(QUIET_MS);
  await tell(workers, { do: 'write', rows: 'all' });
  await sleep(AGAIN_MS);
  const endings = await tell<Ending>(workers, { do: 'end' });
  const closed = await closing;
  for (const [i, { clean }] of endings.entries()) if (!clean) await workers[i]!.end();
  if (closed.ms === Infinity) await closer.end();
  const records = endings.map(({ record }) => record);
  const { fault: name, candidate } = options;
  return { fault: name, candidate, faultAt, healedAt, workers: records, rssBytes, closing: closed };
}
