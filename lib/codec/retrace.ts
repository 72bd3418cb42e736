import type { ObjectLiteral } from 'typeorm';
import { cellAt, reviveCell } from './cells.js';
import type { CompiledRows, RowFactory } from './compile-rows.js';
import type { Member } from './member.js';
import { recall, remember } from './origins.js';
import type { PayloadSet } from './payload.js';
import { pack } from './values.js';

/** Copies that a load makes of entities are written like these: what was seen of the one holds for the other. */
export function retraced(
  { hidden }: CompiledRows,
  kinds: PayloadSet[2],
  columns: PayloadSet[3],
  make: RowFactory,
): RowFactory {
  return (row) => {
    const entity = make(row);
    recall(entity);
    for (const { member, place } of hidden) {
      const cell = place === undefined ? pack(undefined) : cellAt({ kind: kinds[place]!, cells: columns[place]! }, row);
      const isSet = member.group.accessors.has(member);
      remember(entity, member.path, {
        value: isSet ? reviveCell(cell, member.transform) : valueAt(entity, member),
        cell,
      });
    }
    return entity;
  };
}

function valueAt(entity: ObjectLiteral, { path }: Member): unknown {
  return path.split('.').reduce((at: unknown, name) => (at as ObjectLiteral)[name] as unknown, entity);
}
