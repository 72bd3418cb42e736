import type { EntityMetadata } from 'typeorm';
import { isReference, type ColumnKind } from './cells.js';
import type { Member, MemberGroup } from './member.js';
import { insist } from './payload-errors.js';
import type { RecordShape } from './record-shape.js';

/** One property of an entity to be filled: nothing, an embedded object, or the cell of a column. */
export type RowStep = { readonly member: Member } & (
  { readonly fill: 'undefined' } | { readonly fill: 'inside'; readonly inside: MemberGroup } | CellStep
);

export interface CellStep {
  readonly member: Member;
  readonly fill: 'cell';
  readonly kind: ColumnKind;
  /** Of its column. */
  readonly place: number;
  /** Of the rows it refers to, among all that the block refers to. */
  readonly reference: number;
}

/** How entities of a block are filled, one property after the other. */
export interface RowPlan {
  readonly shape: RecordShape;
  readonly steps: readonly RowStep[];
  /** The entities its columns refer to, in their order. */
  readonly related: readonly EntityMetadata[];
}

/** @throws {CorruptPayloadError} for what no writer of ours would say */
export function planRows(shape: RecordShape, layout: string, kinds: readonly ColumnKind[]): RowPlan {
  const related: EntityMetadata[] = [];
  let place = 0;
  const steps = readLayout(shape, layout).map(({ member, isUndefined }): RowStep => {
    if (isUndefined) return { member, fill: 'undefined' };
    if (member.inside) return { member, fill: 'inside', inside: member.inside };
    const kind = kinds[place];
    insist(kind !== undefined && suits(kind, member), 'has a column of a kind that its property cannot have');
    const step: CellStep = { member, fill: 'cell', kind, place, reference: related.length };
    if (isReference(kind)) related.push(member.relation!.inverseEntityMetadata);
    place++;
    return step;
  });
  insist(place === kinds.length, 'has other columns than properties');
  return { shape, steps, related };
}

/** What a layout says after its place in the family: the members in the order of the properties, `u` for those set to undefined. */
function readLayout(shape: RecordShape, layout: string): { member: Member; isUndefined: boolean }[] {
  insist(LAYOUT.test(layout), 'has a layout of another form');
  const seen = new Set<Member>();
  const opened = new Set<MemberGroup>([shape.group]);
  const marks = layout.slice(layout.indexOf(':')).match(/\d+u?/g) ?? [];
  return marks.map((mark) => {
    const member = shape.members[Number.parseInt(mark)];
    const isUndefined = mark.endsWith('u');
    insist(member && !seen.has(member) && opened.has(member.group), 'has properties in an order that none of ours has');
    seen.add(member);
    if (member.inside && !isUndefined) opened.add(member.inside);
    return { member, isUndefined };
  });
}

const LAYOUT = /^\d+:(\d+u?,)*$/;

function suits(kind: ColumnKind, { relation, transform }: Member): boolean {
  if (isReference(kind)) return relation !== undefined;
  return kind !== 'transformed' || transform !== undefined;
}
