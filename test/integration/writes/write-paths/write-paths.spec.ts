import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeDatabases } from '../../../support/databases.js';
import { inheritance } from './inheritance.scene.js';
import { keys } from './keys.scene.js';
import { type Lab, openLab } from './lab.js';
import { markPath, type Row, table, waysOf } from './marks.js';
import { posts } from './posts.scene.js';
import { trees } from './trees.scene.js';

describeDatabases('every write path leaves every cached read fresh', (database) => {
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
            if (!row.marks.size) rows.push(row);
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
});
