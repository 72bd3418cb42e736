import type { ObjectLiteral } from 'typeorm';
import { cellAt, reviveCell } from './cells.js';
import type { RowFactory } from './compile-rows.js';
import type { Member } from './member.js';
import { recall, remember } from './origins.js';
import type { BoundBlock } from './payload-reader.js';
import { pack } from './values.js';

/** Copies that a load makes of entities are written like these: what was seen of the one holds for the other. */
export function retraced({ compiled: { hidden }, block: [, kinds, columns], make }: BoundBlock): RowFactory {
  return (row) => {
    const entity = make(row);
    recall(entity);
    for (const { member, place } of hidden) {
      const cell = place === undefined ? pack(undefined) : cellAt({ kind: kinds[place]!, cells: columns[place]! }, row);
      const hasSetter = member.group.accessors.has(member);
      remember(entity, member.path, {
        value: hasSetter ? reviveCell(cell, member.transform) : valueAt(entity, member),
        cell,
      });
    }
    return entity;
  };
}

function valueAt(entity: ObjectLiteral, { path }: Member): unknown {
  return path.split('.').reduce((at: unknown, name) => (at as ObjectLiteral)[name] as unknown, entity);
}
