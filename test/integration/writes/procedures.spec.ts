import { expect, it } from 'vitest';
import { PlainExampleCacheManager } from '../../fixtures/managers.js';
import { describeDatabases } from '../../support/databases.js';
import { exampleApp } from '../../support/example-app.js';
import { outside } from '../../support/outside.js';

const UPDATE = (title: string) => `UPDATE example SET title = '${title}' WHERE id = 1`;

describeDatabases(
  'a procedure',
  (database) => {
    const isPostgres = database.name === 'postgres';
    const create = (name: string, ...body: string[]) =>
      isPostgres
        ? `CREATE PROCEDURE ${name}() LANGUAGE plpgsql AS $$ BEGIN ${body.join('; ')}; END $$`
        : `CREATE PROCEDURE ${name}() BEGIN ${body.join('; ')}; END`;
    const open = async (...definitions: string[]) => {
      const app = await exampleApp(database);
      await outside(app.options, ...definitions);
      const examples = app.get(PlainExampleCacheManager);
      const shown = async () => [
        (await examples.get(1)).title,
        (await examples.all()).find(({ id }) => id === 1)!.title,
      ];
      expect(await shown()).toEqual(['one', 'one']);
      return { ...app, shown };
    };

    it('that commits and then fails is heard', async () => {
      const fail = isPostgres ? `RAISE EXCEPTION 'no'` : `SIGNAL SQLSTATE '45000'`;
      const { dataSource, shown } = await open(create('half', UPDATE('half'), 'COMMIT', fail));
      await expect(dataSource.query('CALL half()')).rejects.toThrow();
      expect(await shown()).toEqual(['half', 'half']);
    });

    if (isPostgres)
      it('that stands in a DO block is heard as well', async () => {
        const { dataSource, shown } = await open();
        const half = `DO $$ BEGIN ${UPDATE('done')}; COMMIT; RAISE EXCEPTION 'no'; END $$`;
        await expect(dataSource.query(half)).rejects.toThrow();
        expect(await shown()).toEqual(['done', 'done']);
      });
    else
      it('that commits the transaction of its caller is heard at once, and again with its end', async () => {
        const { dataSource, shown } = await open(
          create('commits', 'COMMIT', 'START TRANSACTION'),
          create('changes', UPDATE('by the procedure')),
        );
        const runner = dataSource.createQueryRunner();
        await runner.startTransaction();
        await runner.query(UPDATE('pending'));
        await runner.query('CALL commits()');
        expect(await shown()).toEqual(['pending', 'pending']);
        await runner.rollbackTransaction();
        expect(await shown()).toEqual(['pending', 'pending']);
        await runner.startTransaction();
        await runner.query('CALL changes()');
        expect(await shown()).toEqual(['pending', 'pending']);
        await runner.commitTransaction();
        expect(await shown()).toEqual(['by the procedure', 'by the procedure']);
        await runner.release();
      });
  },
  ['postgres', 'mariadb'],
);
