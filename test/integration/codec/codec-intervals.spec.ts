import { DataSource, EntitySchema, type ObjectLiteral } from 'typeorm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { entityCodec } from '../../../lib/codec/entity-codec.js';
import { recordHydration } from '../../../lib/codec/hydration.js';
import { describeDatabases } from '../../support/databases.js';
import { expectSame } from '../../support/expect-same.js';

class Duration {
  readonly #interval: { days?: number } | null;
  constructor(interval: { days?: number } | null) {
    this.#interval = interval;
  }
  static daysOf(duration: Duration) {
    return duration.#interval?.days;
  }
}

const transformer = { to: () => 'lost', from: (interval: never) => new Duration(interval) };

const schema = new EntitySchema<ObjectLiteral>({
  name: 'wait',
  columns: {
    id: { type: Number, primary: true },
    short: { type: 'interval', nullable: true, transformer },
    several: {
      type: 'interval',
      array: true,
      nullable: true,
      transformer: { to: transformer.to, from: (all: never[]) => new Set(all) },
    },
  },
});

describeDatabases(
  'intervals that a transformer is given',
  (database) => {
    let dataSource: DataSource;
    const options = { entities: [schema], synchronize: true };

    beforeAll(async () => {
      dataSource = await new DataSource({ ...(await database.options()), ...options }).initialize();
      await dataSource.query(`INSERT INTO wait VALUES (1, '2 days', '{1 day,NULL}'), (2, NULL, '{}')`);
    });

    afterAll(() => dataSource?.destroy());

    const load = () =>
      recordHydration(dataSource, () => dataSource.getRepository(schema).find({ order: { id: 'ASC' } }));

    it('come back, of every use of the DataSource', async () => {
      for (const _ of ['first', 'second']) {
        const found = await load();
        const codec = entityCodec(dataSource.getMetadata(schema));
        const returned = codec.decode(codec.encode(found));
        expectSame(returned, found);
        expect(returned.map(({ short }) => Duration.daysOf(short as Duration))).toEqual([2, undefined]);
        await dataSource.destroy();
        await dataSource.initialize();
      }
    });
  },
  ['postgres'],
);
