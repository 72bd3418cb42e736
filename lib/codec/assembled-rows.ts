import type { ObjectLiteral } from 'typeorm';
import { reviveCell } from './cells.js';
import type { BindRows, RowFactory } from './compile-rows.js';
import type { CellStep, RowPlan, RowStep } from './row-plan.js';
import { revive, unpack, type Packed } from './values.js';

/** Fills one property of an entity, which is the first of the objects, or of an object embedded in it. */
type Assign = (objects: ObjectLiteral[], row: number) => void;

/** Rows without generated code: the same as `generateRows`, where a process may not compile text, only slower. */
export function assembleRows({ shape, steps }: RowPlan, fresh: boolean): BindRows {
  return (columns, related) => {
    const places = new Map([[shape.group, 0]]);
    const assigns = steps.map((step): Assign => {
      const { group, name } = step.member;
      const place = places.get(group)!;
      if (step.fill === 'inside') places.set(step.inside, places.size);
      const value = valueOf(step, columns, related, fresh);
      if (step.fill !== 'inside') return (objects, row) => (objects[place]![name] = value(row));
      return (objects, row) => objects.push((objects[place]![name] ??= value(row)) as ObjectLiteral);
    });
    return (row) => {
      const objects = [shape.create()];
      for (const assign of assigns) assign(objects, row);
      return objects[0]!;
    };
  };
}

function valueOf(
  step: RowStep,
  columns: Parameters<BindRows>[0],
  related: readonly RowFactory[],
  fresh: boolean,
): (row: number) => unknown {
  if (step.fill === 'undefined') return () => undefined;
  if (step.fill === 'inside') return step.inside.create;
  const cells = columns[step.place]!;
  const make = madeOf(step, related[step.reference], fresh);
  return (row) => make(cells[row]);
}

function madeOf(
  { kind, member }: CellStep,
  related: RowFactory | undefined,
  fresh: boolean,
): (cell: Packed) => unknown {
  const unlessNull = (make: (cell: never) => unknown) => (cell: Packed) => (cell === null ? null : make(cell as never));
  switch (kind) {
    case 'plain':
      return (cell) => cell;
    case 'json':
      return fresh ? (cell) => cell : revive;
    case 'data':
      return (cell) => reviveCell(cell, member.transform);
    case 'transformed':
      return unlessNull((cell) => member.transform!.revive(cell));
    case 'one':
      return unlessNull((row: number) => related!(row));
    case 'many':
      return unlessNull((rows: readonly number[]) => rows.map((row) => related!(row)));
    default:
      return unlessNull(unpack[kind]!);
  }
}
