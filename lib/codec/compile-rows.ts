import type { EntityMetadata, ObjectLiteral } from 'typeorm';
import { dataSourceOf } from '../peers/typeorm.js';
import { isReference, reviveCell, type ColumnKind } from './cells.js';
import type { Member, MemberGroup } from './member.js';
import { insist } from './payload-errors.js';
import type { PayloadBlock } from './payload.js';
import type { RecordShape } from './record-shape.js';
import { revive, unpack } from './values.js';

/** Makes the entity of one row. */
export type RowFactory = (row: number) => ObjectLiteral;

export interface CompiledRows {
  /** The entities its columns refer to, in their order. */
  readonly related: readonly EntityMetadata[];
  /** What only shows while an object is filled, with the place of its column; without one, it is set to undefined. */
  readonly hidden: readonly { readonly member: Member; readonly place?: number }[];
  /** Binds the code to the columns of one payload and to the rows they refer to. */
  bind(columns: PayloadBlock[2], related: readonly RowFactory[]): RowFactory;
}

/**
 * Compiles the decoder of a block of rows. Generated code, because literal property names are what makes it faster than a plain
 * JSON.parse: a loop over names takes several times as long. Names come from the entity's metadata, quoted, never from a payload.
 *
 * @param fresh every row is made once only, so that parsed JSON can be handed out without a copy
 */
export function compileRows(
  shape: RecordShape,
  layout: string,
  kinds: readonly ColumnKind[],
  fresh: boolean,
): CompiledRows {
  const binds: string[] = [];
  const assignments: string[] = [];
  const related: EntityMetadata[] = [];
  const hidden: CompiledRows['hidden'][number][] = [];
  let place = 0;
  for (const { member, isUndefined } of readLayout(shape, layout)) {
    const property = `${member.group.variable}[${JSON.stringify(member.name)}]`;
    if (member.group.accessors.has(member) || member.transform)
      hidden.push(isUndefined ? { member } : { member, place });
    if (isUndefined) {
      assignments.push(`${property} = undefined;`);
    } else if (member.inside) {
      assignments.push(`const ${member.inside.variable} = ${property} ??= members[${member.number}].inside.create();`);
    } else {
      const kind = kinds[place];
      insist(kind !== undefined && suits(kind, member), 'has a column of a kind that its property cannot have');
      binds.push(`const c${place} = columns[${place}];`);
      if (member.transform) binds.push(`const t${place} = members[${member.number}].transform;`);
      if (isReference(kind)) {
        binds.push(`const r${place} = related[${related.length}];`);
        related.push(member.relation!.inverseEntityMetadata);
      }
      assignments.push(`${property} = ${expression(kind, place, member, fresh)};`);
      place++;
    }
  }
  insist(place === kinds.length, 'has other columns than properties');
  const code = `return (columns, related) => {
    ${binds.join('\n')}
    return (i) => {
      const entity = ${creation(shape.metadata)};
      ${assignments.join('\n')}
      return entity;
    };
  };`;
  const compile = new Function('shape', 'target', 'members', 'unpack', 'revive', 'reviveCell', code);
  const bind = compile(shape, shape.metadata.target, shape.members, unpack, revive, reviveCell);
  return { related, hidden, bind } as CompiledRows;
}

/**
 * What a layout says after its place in the family: the members in the order of the properties, `u` for those set to undefined.
 *
 * @throws {CorruptPayloadError} for what no writer of ours would say
 */
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

/** As RecordShape.create, spelled out where TypeORM adds nothing to the instance. */
function creation(metadata: EntityMetadata): string {
  const { target, isAlwaysUsingConstructor, lazyRelations } = metadata;
  if (lazyRelations.length > 0 || dataSourceOf(metadata).options.typename) return 'shape.create()';
  if (typeof target !== 'function') return '{}';
  return isAlwaysUsingConstructor ? 'new target()' : 'Object.create(target.prototype)';
}

function expression(kind: ColumnKind, place: number, member: Member, fresh: boolean): string {
  const cell = `c${place}[i]`;
  const unlessNull = (made: string) => `${cell} === null ? null : ${made}`;
  switch (kind) {
    case 'plain':
      return cell;
    case 'json':
      return fresh ? cell : `revive(${cell})`;
    case 'data':
      return member.transform ? `reviveCell(${cell}, t${place})` : `revive(${cell})`;
    case 'transformed':
      return unlessNull(`t${place}.revive(${cell})`);
    case 'one':
      return unlessNull(`r${place}(${cell})`);
    case 'many':
      return unlessNull(`${cell}.map((row) => r${place}(row))`);
    default:
      // One of the words in `unpack`: a payload with any other is not read so far.
      return unlessNull(`unpack[${JSON.stringify(kind)}](${cell})`);
  }
}
