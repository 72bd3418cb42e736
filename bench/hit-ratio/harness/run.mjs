import { CacheModule } from '@nestjs/cache-manager';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { CacheEvents, QsCacheModule } from 'nestjs-qscache';
import { DataSource } from 'typeorm';
import { mulberry32 } from '../../random.mjs';
import { countHits } from './count.mjs';

/** So many operations of a scenario, on sql.js and a store in memory: see `countHits`. */
export async function runScenario(scenario, { operations, seed }) {
  const app = await NestFactory.createApplicationContext(moduleOf(scenario), { logger: ['error'] });
  try {
    const { manager } = app.get(DataSource);
    const random = mulberry32(seed);
    const rows = await scenario.seed(manager, random);
    const managers = scenario.managers.map((type) => app.get(type));
    const endless = scenario.operations({ rows, managers, random });
    return await countHits(first(operations, endless), { rows, manager, wasHit: hearHits(app.get(CacheEvents)) });
  } finally {
    await app.close();
  }
}

/** Nothing of it is decorated, so that it runs as it is. */
function moduleOf({ entities, managers }) {
  return {
    module: class {},
    imports: [
      CacheModule.register(),
      TypeOrmModule.forRoot({ type: 'sqljs', entities, synchronize: true }),
      QsCacheModule.forFeature(managers),
    ],
  };
}

function* first(count, endless) {
  for (const each of endless) {
    if (count-- === 0) return;
    yield each;
  }
}

/** A read was a hit when there was an `entry:hit` of each entry it asked for; else what it was lost to. */
function hearHits(events) {
  const heard = new Map();
  events.on('entry:hit', ({ key }) => heard.set(key, undefined));
  events.on('entry:missed', ({ key, reason, because }) => heard.set(key, lossOf(reason, because)));
  return async (read) => {
    heard.clear();
    await read();
    const loss = [...heard.values()].find((each) => each !== undefined);
    return { isHit: heard.size > 0 && loss === undefined, loss };
  };
}

function lossOf(reason, because) {
  if (!because) return reason;
  const { table, action = 'a write nobody knows of', columns = [] } = because;
  return `${table.split('.').at(-1)}: ${[action, columns.join(', ')].filter(Boolean).join(' of ')}`;
}
