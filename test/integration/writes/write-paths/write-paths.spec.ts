import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DatabaseName, describeDatabases } from '../../../support/databases.js';
import { inheritance } from './inheritance.scene.js';
import { keys } from './keys.scene.js';
import { type Lab, openLab } from './lab.js';
import { markPath, type Row, table, waysOf } from './marks.js';
import { posts } from './posts.scene.js';
import { UNSAID } from './reasons.js';
import { trees } from './trees.scene.js';

/** The share of reads that may be dropped although their content has not changed, a little above what was seen: some of it depends on how soon tables are asked about. */
const NEEDLESS: Readonly<Record<DatabaseName, number>> = {
  sqljs: 0.054,
  postgres: 0.062,
  mariadb: 0.06,
};

describeDatabases('every write path leaves every cached read fresh', (database) => {
  const all: Row[] = [];

  for (const scene of [posts, keys, trees, inheritance]) {
    describe(scene.name, () => {
      const rows: Row[] = [];
      let lab: Lab;

      beforeAll(async () => {
        lab = await openLab(database, scene);
      });

      afterAll(async () => {
        await lab.close();
        console.log(table(`${scene.name} on ${database.name}`, scene, rows));
      });

      it('begins with cached reads that are right and warm', async () => {
        const { marks, stale } = await markPath(lab, scene, () => Promise.resolve());
        expect(stale).toEqual([]);
        expect(marks).toBe('.'.repeat(scene.observers.length));
      });

      for (const path of scene.paths.filter(({ on }) => !on || on.includes(database.name))) {
        const row: Row = { path: path.title, marks: new Map(), reasons: [] };
        for (const way of waysOf(path)) {
          it(`${path.title}, ${way}`, async () => {
            const { manager } = lab.dataSource;
            lab.events.length = 0;
            const { marks, stale, reasons } = await markPath(lab, scene, () =>
              way === 'alone'
                ? path.write(manager)
                : manager.transaction((inside) => Promise.resolve(path.write(inside))),
            );
            if (!row.marks.size) {
              rows.push(row);
              all.push(row);
            }
            row.marks.set(way, marks);
            row.reasons.push(...reasons);
            expect(stale).toEqual([]);
            expect(lab.events.filter(({ name }) => name === 'store:failed')).toEqual([]);
            // Each text is reported once.
            const isReported = path.unplaced === true && way === 'alone';
            expect(lab.events.some(({ name }) => name === 'write:unplaced')).toBe(isReported);
          });
        }
      }
    });
  }

  it('drops few of them for nothing, each for a reason', () => {
    const marks = all.flatMap((row) => [...row.marks.values()]).join('');
    const needless = marks.split('n').length - 1;
    console.log(
      `on ${database.name} ${needless} of ${marks.length} cells needlessly: ${((needless / marks.length) * 100).toFixed(1)} %`,
    );
    expect(needless / marks.length).toBeLessThan(NEEDLESS[database.name]);
    expect(all.flatMap(({ reasons }) => reasons).filter((reason) => reason === UNSAID)).toEqual([]);
  });
});
